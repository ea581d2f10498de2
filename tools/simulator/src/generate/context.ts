// What a generator of events has at hand, and what it makes.
import type { Clock } from '../clock.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Random } from '../random.ts';
import { type Casing, pickTimeForm, type TimeForm, writeTime } from '../spelling.ts';
import type { Tenant, World } from '../world.ts';

export interface EventContext {
  readonly random: Random;
  readonly tenant: Tenant;
  readonly casing: Casing;
  /** Takes the next time, in epoch ms, and the form in which this element writes its times. */
  tick(): Stamp;
  /** A number that the vendor would give as an id: rising, and beyond 2^53 now and then. */
  id(): number | bigint;
}

export interface Stamp {
  readonly timeMs: number;
  readonly form: TimeForm;
  /** The stamp's own time, or another one in its form; none is null. */
  write(timeMs?: number | undefined): Json;
}

export interface Element {
  /** Field names in snake_case. */
  readonly fields: JsonObject;
  /** Events in it: more than one only where it is a list of observations. */
  readonly events: number;
}

/** Makes one element of at most `room` events. */
export type Generate = (context: EventContext, maxEvents: number) => Element;

export function oneEvent(fields: JsonObject): Element {
  return { fields, events: 1 };
}

/** Makes moments: each in a tenant chosen by chance. */
export function eventContexts(world: World, clock: Clock, random: Random): (casing: Casing) => EventContext {
  let lastId = 4_100_000;
  return (casing) => ({
    random,
    tenant: random.pick(world.tenants),
    casing,
    tick() {
      const { timeMs, form } = clock.tick(pickTimeForm(random));
      return { timeMs, form, write: (other = timeMs) => writeTime(other, form) };
    },
    id() {
      lastId += 1;
      return random.chance(0.05) ? 9_007_199_254_740_993n + BigInt(2 * lastId) : lastId;
    },
  });
}
