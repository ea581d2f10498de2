// What a look at the public URL can find, and how several looks make one finding.

export const publicUrlChecks = [
  'name', // it resolves, to addresses that ExtremeCloud IQ can reach
  'reachable', // something answers at each of them
  'certificate_chain', // complete as sent, up to a public authority
  'certificate_name', // made for this name
  'certificate_expiry', // not within 21 days
  'refuses_without_secret', // 401
] as const;

export type PublicUrlCheck = (typeof publicUrlChecks)[number];

export interface PublicUrlFinding {
  readonly check: PublicUrlCheck;
  /** `unverifiable`: it cannot be seen from here. */
  readonly state: 'ok' | 'failed' | 'unverifiable';
  /** What was found, and what to do; on one line. */
  readonly message: string;
}

export type Seen = Omit<PublicUrlFinding, 'check'>;

export const ok = (message: string): Seen => ({ state: 'ok', message });
export const failed = (message: string): Seen => ({ state: 'failed', message });
export const unverifiable = (message: string): Seen => ({ state: 'unverifiable', message });

const severity = { ok: 0, unverifiable: 1, failed: 2 } as const;

/** The worst of several; nothing seen is unverifiable. Others that say the same are not repeated. */
export function worst(check: PublicUrlCheck, seen: readonly Seen[], nothing: string): PublicUrlFinding {
  const state = seen.map((one) => one.state).toSorted((one, other) => severity[other] - severity[one])[0];
  if (state === undefined) return { check, ...unverifiable(nothing) };
  const messages = new Set(seen.filter((one) => one.state === state).map(({ message }) => message));
  return { check, state, message: [...messages].join(' ') };
}
