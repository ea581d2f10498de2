// Error codes of back-fill and completeness.
import { ConnectorError, type ExitCode, exitCodes } from '@xiq-siem/core';

const backfillErrorCodes = {
  /** No source, or not the named one, has an `api`. */
  api_not_configured: exitCodes.usage,
  /** The journal no longer has all bodies of the span. */
  span_not_retained: exitCodes.usage,
  /** The span has more events than fit in memory. */
  too_many_events: exitCodes.usage,
} as const satisfies Record<string, ExitCode>;

export const backfillError = (code: keyof typeof backfillErrorCodes, message: string): ConnectorError =>
  new ConnectorError({ code, exitCode: backfillErrorCodes[code] }, message);
