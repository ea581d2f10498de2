// The OpenTelemetry destination: sends events as log records over OTLP/HTTP, with a verdict for each event.
import {
  type CheckResult,
  createRateLimitedReport,
  type Destination,
  type DestinationContext,
  defineDestination,
  readTls,
  warnIfInsecure,
} from '@xiq-siem/core';
import { type OtelLogsConfig, otelLogsConfig } from './config.ts';
import { createRecordMapper } from './log-record.ts';
import { createOtlpClient, type OtlpClient } from './otlp-client.ts';
import { type OtelCode, otelCodes } from './outcome.ts';
import { createRequestSize } from './request-size.ts';
import { createBatchSender } from './send-batch.ts';

export const otelLogsDestination = defineDestination({
  type: 'otel-logs',
  assurance: 'accepted',
  codes: otelCodes,
  configSchema: otelLogsConfig,
  create: createOtelLogsDestination,
});

const warningEveryMs = 60_000;
const maxLoggedCharacters = 200;

/** Opens no connection before the first batch. Throws a ConnectorError if a certificate cannot be read. */
async function createOtelLogsDestination(
  config: OtelLogsConfig,
  context: DestinationContext,
): Promise<Destination<OtelCode>> {
  const client = createOtlpClient(config, context, await readTls(config, context));
  const secrets = Object.values(config.headers).some((value) => typeof value !== 'string');
  warnIfInsecure({ ...config, secrets }, context);
  return {
    deliver: createBatchSender({
      send: client.export,
      entries: createRecordMapper(config, context.fields),
      requestSize: createRequestSize(),
      warn: createRateLimitedReport(context.now, warningEveryMs, (message: string, times) =>
        context.log.warn('destination.server_warning', { message: message.slice(0, maxLoggedCharacters), times }),
      ),
    }),
    check: (signal) => checkOtlp(config, client, signal),
    close: async () => client.close(),
  };
}

async function checkOtlp(
  { url, protocol }: OtelLogsConfig,
  client: OtlpClient,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { origin, pathname } = new URL(url);
  const where = `${origin}${pathname}`;
  const outcome = await client.export([], signal);
  switch (outcome.kind) {
    case 'accepted':
    case 'partlyRejected': {
      const message = outcome.kind === 'accepted' ? outcome.warning : outcome.message;
      return {
        ok: true,
        message: `${where} accepts logs (${protocol})${message === '' ? '' : `; server message: ${message}`}`,
      };
    }
    // The server lets the request in, and refuses its content: some refuse a request without events.
    case 'badRequest':
      return {
        ok: true,
        warning: true,
        message: `${where} responds (${protocol}); whether it accepts events is unknown: it refuses a request without: ${outcome.message}`,
      };
    case 'unavailable':
      if (outcome.code === 'too_many_requests') {
        return { ok: true, warning: true, message: `${where} responds, and is busy: ${outcome.message}` };
      }
      return { ok: false, message: `${where} is unavailable: ${outcome.message}` };
    case 'unknown':
      if (outcome.code === 'unexpected_response') return { ok: false, message: `${where}: ${outcome.message}` };
      return { ok: false, message: `${where} sent no response: ${outcome.message}` };
    case 'misconfigured':
      if (outcome.code === 'tls_failed') return { ok: false, message: `TLS to ${where} failed: ${outcome.message}` };
      if (outcome.code === 'secret_unavailable' || outcome.code === 'invalid_request') {
        return { ok: false, message: `no request sent to ${where}: ${outcome.message}: check \`headers\`` };
      }
      return { ok: false, message: `${where} rejects this configuration: ${outcome.message}` };
    default:
      return { ok: false, message: `${where} rejects an empty request: ${outcome.message}` };
  }
}
