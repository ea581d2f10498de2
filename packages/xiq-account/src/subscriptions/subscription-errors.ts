// Error codes of the subscriptions commands.
import { ConnectorError, type ExitCode, exitCodes } from '@xiq-siem/core';

const subscriptionErrorCodes = {
  /** The subscriptions have changed since the plan was made. */
  plan_outdated: exitCodes.temporary,
  /** The secret was rotated during a check. */
  secret_rotated: exitCodes.temporary,
  /** A rotation is running or was interrupted. */
  rotation_unfinished: exitCodes.temporary,
  /** Our receiver does not accept the new secret. */
  secret_not_accepted: exitCodes.temporary,
  /** A subscription does not show its new secret. */
  subscription_not_updated: exitCodes.temporary,
  /** A subscription of another application sends to our URL. */
  foreign_subscription: exitCodes.temporary,
  /** Our receiver responded neither with 400 (accepted) nor with 401. */
  secret_check_inconclusive: exitCodes.temporary,
  secret_missing: exitCodes.config,
  subscriptions_not_configured: exitCodes.usage,
} as const satisfies Record<string, ExitCode>;

export const subscriptionError = (code: keyof typeof subscriptionErrorCodes, message: string): ConnectorError =>
  new ConnectorError({ code, exitCode: subscriptionErrorCodes[code] }, message);
