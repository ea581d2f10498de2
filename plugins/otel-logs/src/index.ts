// OpenTelemetry logs (OTLP over HTTP) as a destination.
export { otelLogsDestination } from './otel-logs-destination.ts';
