// Checks whether each destination can accept events, with a timeout for each check.
import type { CheckResult, Destination } from '@xiq-siem/core';
import type { OpenDestination } from './plugins.ts';

export interface DestinationCheck {
  readonly name: string;
  readonly type: string;
  readonly ok: boolean;
  /** Something is wrong that does not stop events. */
  readonly warning?: true;
  /** Text for an operator. */
  readonly message: string;
}

const timeoutMs = 5_000;

/** Why a running connector delivers no events to a destination, or not all. */
export interface SeenProblem {
  readonly text: string;
  /** The destination is paused: no event is delivered, whatever a check without events finds. */
  readonly stopsEvents: boolean;
}

/** `problemOf`: undefined if the connector does not run, or delivers everything. */
export function checkDestinations(
  destinations: readonly OpenDestination[],
  problemOf: (destination: string) => SeenProblem | undefined = () => undefined,
): Promise<readonly DestinationCheck[]> {
  return Promise.all(
    destinations.map(async ({ configured: { name, definition }, destination, redact }): Promise<DestinationCheck> => {
      const result = await checkDestination(destination);
      const message = redact(result.message);
      const problem = problemOf(name);
      const described = { name, type: definition.type, ...result, message };
      if (!result.ok || problem === undefined) return described;
      const both = `${message}; the running connector reports: ${problem.text}`;
      if (problem.stopsEvents) return { name, type: definition.type, ok: false, message: both };
      return { ...described, warning: true, message: both };
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
