// The OpenTelemetry logs destination (OTLP over HTTP).
export { otelLogsDestination } from './otel-logs-destination.ts';
