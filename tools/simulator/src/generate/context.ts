// The context of an event generator, and the type of its result.
import type { Clock } from '../clock.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Random } from '../random.ts';
import type { Casing } from '../spelling.ts';
import { pickAnyTimeForm, pickTimeForm, type TimeForm, writeTime } from '../time-forms.ts';
import type { Tenant, World } from '../world.ts';

export interface EventContext {
  readonly random: Random;
  readonly tenant: Tenant;
  readonly casing: Casing;
  /** The next time in epoch ms, and the form in which this element writes its times. */
  tick(): Stamp;
  /** An id like the vendor's: ascending, and sometimes beyond 2^53. */
  id(): number | bigint;
}

export interface Stamp {
  readonly timeMs: number;
  readonly form: TimeForm;
  /** Writes the stamp's own time, or another one in the same form; undefined becomes null. */
  write(timeMs?: number | undefined): Json;
}

export interface Element {
  /** Field names in snake_case. */
  readonly fields: JsonObject;
  /** Number of events: more than one only for a list of observations. */
  readonly events: number;
}

/** Generates one element of at most `maxEvents` events. */
export type Generate = (context: EventContext, maxEvents: number) => Element;

export function oneEvent(fields: JsonObject): Element {
  return { fields, events: 1 };
}

/** Creates contexts, each with a random tenant. */
export function eventContexts(
  world: World,
  clock: Clock,
  random: Random,
  { anyTimeForm = false } = {},
): (casing: Casing) => EventContext {
  let lastId = 4_100_000;
  return (casing) => ({
    random,
    tenant: random.pick(world.tenants),
    casing,
    tick() {
      const { timeMs, form } = clock.tick(anyTimeForm ? pickAnyTimeForm(random) : pickTimeForm(random));
      return { timeMs, form, write: (other = timeMs) => writeTime(other, form) };
    },
    id() {
      lastId += 1;
      return random.chance(0.05) ? 9_007_199_254_740_993n + BigInt(2 * lastId) : lastId;
    },
  });
}
