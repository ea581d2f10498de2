// The OpenTelemetry destination: events as log records over OTLP/HTTP, each with its own verdict.
import {
  type CheckResult,
  createRateLimitedReport,
  type Destination,
  type DestinationContext,
  defineDestination,
  readTls,
  warnIfInsecure,
} from '@xiq-siem/core';
import { createCaution } from './caution.ts';
import { type OtelLogsConfig, otelLogsConfig } from './config.ts';
import { createRecordMapper } from './log-record.ts';
import { createOtlpClient, type OtlpClient } from './otlp-client.ts';
import { type OtelCode, otelCodes } from './outcome.ts';
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

/** Opens no connection before the first batch. Throws a ConnectorError where a certificate cannot be read. */
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
      caution: createCaution(),
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
    case 'taken':
    case 'partial': {
      const message = outcome.kind === 'taken' ? outcome.warning : outcome.message;
      return {
        ok: true,
        message: `${where} takes logs by ${protocol}${message === '' ? '' : `; it says: ${message}`}`,
      };
    }
    case 'unavailable':
      return { ok: false, message: `${where} takes nothing now: ${outcome.message}` };
    case 'unknown':
      return { ok: false, message: `${where} does not answer: ${outcome.message}` };
    case 'misconfigured':
      if (outcome.code === 'tls_failed') return { ok: false, message: `${where} is not trusted: ${outcome.message}` };
      if (outcome.code === 'no_secret' || outcome.code === 'invalid_request') {
        return { ok: false, message: `${where} was not asked: ${outcome.message}: check \`headers\`` };
      }
      return { ok: false, message: `${where} is not usable as configured: ${outcome.message}` };
    default:
      return { ok: false, message: `${where} refuses an empty request: ${outcome.message}` };
  }
}
