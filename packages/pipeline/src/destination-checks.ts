// Checks whether each destination can accept events, with a timeout for each check.
import type { CheckResult, Destination } from '@xiq-siem/core';
import type { OpenDestination } from './plugins.ts';

export interface DestinationCheck {
  readonly name: string;
  readonly type: string;
  readonly ok: boolean;
  /** Text for an operator. */
  readonly message: string;
}

const timeoutMs = 5_000;

export function checkDestinations(destinations: readonly OpenDestination[]): Promise<readonly DestinationCheck[]> {
  return Promise.all(
    destinations.map(async ({ configured: { name, definition }, destination, redact }) => {
      const { ok, message } = await checkDestination(destination);
      return { name, type: definition.type, ok, message: redact(message) };
    }),
  );
}

async function checkDestination(destination: Destination): Promise<CheckResult> {
  if (destination.check === undefined) return { ok: true, message: 'this type of destination has no check' };
  const timeout = AbortSignal.timeout(timeoutMs);
  const timedOut = new Promise<CheckResult>((resolve) => {
    timeout.addEventListener('abort', () => resolve({ ok: false, message: `no response within ${timeoutMs} ms` }));
  });
  try {
    return await Promise.race([destination.check(timeout), timedOut]);
  } catch (cause) {
    return { ok: false, message: cause instanceof Error ? cause.message : String(cause) };
  }
}
