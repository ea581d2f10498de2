// The checks of the public URL, and the finding of several observations.
export const publicUrlChecks = [
  'name', // the name resolves to public addresses
  'reachable', // each address accepts connections
  'certificate_chain', // the server sends a complete chain to a public CA
  'certificate_name', // the certificate names this host
  'certificate_expiry', // no certificate expires within 21 days
  'refuses_without_secret', // a webhook without the secret gets 401
] as const;

export type PublicUrlCheck = (typeof publicUrlChecks)[number];

export interface PublicUrlFinding {
  readonly check: PublicUrlCheck;
  /** `unverifiable`: it cannot be checked from here. */
  readonly state: 'ok' | 'failed' | 'unverifiable';
  /** What was found and what to do, on one line. */
  readonly message: string;
}

export type Observation = Omit<PublicUrlFinding, 'check'>;

export const ok = (message: string): Observation => ({ state: 'ok', message });
export const failed = (message: string): Observation => ({ state: 'failed', message });
export const unverifiable = (message: string): Observation => ({ state: 'unverifiable', message });

const severity = { ok: 0, unverifiable: 1, failed: 2 } as const;

/** The worst state with its distinct messages. Without an observation it is unverifiable, with the message `unchecked`. */
export function worst(check: PublicUrlCheck, found: readonly Observation[], unchecked: string): PublicUrlFinding {
  const state = found.map((one) => one.state).toSorted((one, other) => severity[other] - severity[one])[0];
  if (state === undefined) return { check, ...unverifiable(unchecked) };
  const messages = new Set(found.filter((one) => one.state === state).map(({ message }) => message));
  return { check, state, message: [...messages].join(' ') };
}
