// Counts requests with missing or wrong credentials by client address.
import type { RefusedAddress } from '@xiq-siem/health-events';

/** Refusals within `windowMs` after which an address gets 429. */
const maxRefusals = 20;
const windowMs = 60_000;
/** Addresses in memory; the one refused longest ago is dropped first. */
const maxAddresses = 10_000;

export interface RefusedCredentials {
  /** Counts a refusal. Undefined: respond 401. A number: respond 429 with this many seconds in `Retry-After`. */
  refuse(source: string, address: string): number | undefined;
  /** Refusals since the last call. Beyond 10,000 addresses the rest are counted as `others`. */
  takeRecent(): readonly RefusedAddress[];
}

export function refusedCredentials(now: () => number): RefusedCredentials {
  const known = new Map<string, { count: number; until: number }>();
  const recent = new Map<string, { source: string; address: string; count: number }>();

  function countRecent(source: string, address: string): void {
    const isNew = !recent.has(`${source} ${address}`);
    const shown = isNew && recent.size >= maxAddresses ? 'others' : address;
    const key = `${source} ${shown}`;
    const entry = recent.get(key) ?? { source, address: shown, count: 0 };
    entry.count += 1;
    recent.set(key, entry);
  }
  function refuseCredentials(source: string, address: string): number | undefined {
    countRecent(source, address);
    const at = now();
    const before = known.get(address);
    const entry = before !== undefined && before.until > at ? before : { count: 0, until: at + windowMs };
    entry.count += 1;
    known.delete(address);
    known.set(address, entry);
    const [oldest] = known.keys();
    if (known.size > maxAddresses && oldest !== undefined) known.delete(oldest);
    return entry.count > maxRefusals ? Math.max(1, Math.ceil((entry.until - at) / 1000)) : undefined;
  }
  function takeRecent(): readonly RefusedAddress[] {
    const taken = [...recent.values()];
    recent.clear();
    return taken;
  }
  return { refuse: refuseCredentials, takeRecent };
}
