// Asks every destination whether it would take events, each within a bounded time.
import type { CheckResult, Destination } from '@xiq-siem/core';
import type { OpenDestination } from './plugins.ts';

export interface DestinationCheck {
  readonly name: string;
  readonly type: string;
  readonly ok: boolean;
  /** For a person. */
  readonly message: string;
}

const timeoutMs = 5_000;

export function checkDestinations(destinations: readonly OpenDestination[]): Promise<readonly DestinationCheck[]> {
  return Promise.all(
    destinations.map(async ({ configured: { name, definition }, destination }) => ({
      name,
      type: definition.type,
      ...(await check(destination)),
    })),
  );
}

async function check(destination: Destination): Promise<CheckResult> {
  if (destination.check === undefined) return { ok: true, message: 'it cannot be asked' };
  const late = AbortSignal.timeout(timeoutMs);
  const tooLate = new Promise<CheckResult>((resolve) => {
    late.addEventListener('abort', () => resolve({ ok: false, message: `it did not answer within ${timeoutMs} ms` }));
  });
  try {
    return await Promise.race([destination.check(late), tooLate]);
  } catch (cause) {
    return { ok: false, message: cause instanceof Error ? cause.message : String(cause) };
  }
}
