// Remembers the addresses whose credentials keep being refused.
import type { RefusedAddress } from '@xiq-siem/health-events';

/** Refusals within `windowMs` after which an address is answered 429. */
const maxRefusals = 20;
const windowMs = 60_000;
/** Addresses remembered at once; the one that was refused longest ago is forgotten first. */
const maxAddresses = 10_000;

export interface RefusedCredentials {
  /** Counts a refusal. Undefined: answer 401. A number: answer 429 and ask the address to wait so many seconds. */
  refuse(source: string, address: string): number | undefined;
  /** What was refused since this was last asked; of very many addresses the first ones, and `others`. */
  takeRecent(): readonly RefusedAddress[];
}

export function refusedCredentials(now: () => number): RefusedCredentials {
  const known = new Map<string, { count: number; until: number }>();
  const recent = new Map<string, { source: string; address: string; count: number }>();

  function note(source: string, address: string): void {
    const isNew = !recent.has(`${source} ${address}`);
    const shown = isNew && recent.size >= maxAddresses ? 'others' : address;
    const key = `${source} ${shown}`;
    const entry = recent.get(key) ?? { source, address: shown, count: 0 };
    entry.count += 1;
    recent.set(key, entry);
  }
  return {
    refuse(source, address) {
      note(source, address);
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
    takeRecent() {
      const taken = [...recent.values()];
      recent.clear();
      return taken;
    },
  };
}
