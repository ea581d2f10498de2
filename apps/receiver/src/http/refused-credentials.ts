// Remembers the addresses whose credentials keep being refused.

/** Refusals within `windowMs` after which an address is answered 429. */
const maxRefusals = 20;
const windowMs = 60_000;
/** Addresses remembered at once; the one that was refused longest ago is forgotten first. */
const maxAddresses = 10_000;

export interface RefusedCredentials {
  /** Counts a refusal. Undefined: answer 401. A number: answer 429 and ask the address to wait so many seconds. */
  refuse(address: string): number | undefined;
}

export function refusedCredentials(now: () => number): RefusedCredentials {
  const known = new Map<string, { count: number; until: number }>();
  return {
    refuse(address) {
      const at = now();
      const before = known.get(address);
      const entry = before !== undefined && before.until > at ? before : { count: 0, until: at + windowMs };
      entry.count += 1;
      known.delete(address);
      known.set(address, entry);
      const [oldest] = known.keys();
      if (known.size > maxAddresses && oldest !== undefined) known.delete(oldest);
      return entry.count > maxRefusals ? Math.max(1, Math.ceil((entry.until - at) / 1000)) : undefined;
    },
  };
}
