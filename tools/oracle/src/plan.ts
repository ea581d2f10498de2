// The order of faults of a seed: the same seed gives the same steps, whatever the connector does.
import { createRandom, type Random } from '@xiq-siem/simulator';
import { type FileDisturbance, fileDisturbances } from './destinations/archive.ts';
import { type Mode, modes } from './destinations/http-fake.ts';

export const remote = ['elastic', 'splunk', 'otel'] as const;
export type Remote = (typeof remote)[number];

type Fault =
  /** Ends the process, and starts it again after `downMs`. */
  | { readonly fault: 'end'; readonly signal: 'SIGKILL' | 'SIGTERM'; readonly downMs: number }
  /** Restarts with all servers down, so that a backlog grows before and after. */
  | { readonly fault: 'backlog'; readonly signal: 'SIGKILL' | 'SIGTERM'; readonly growMs: number }
  /** A server misbehaves for `ms`, while the next steps go on. */
  | {
      readonly fault: 'fail';
      readonly destination: Remote;
      readonly mode: Mode;
      readonly node?: number;
      readonly ms: number;
    }
  | { readonly fault: 'lose-acks'; readonly ms: number }
  | { readonly fault: 'crash-node'; readonly node: number }
  | { readonly fault: 'clock'; readonly offsetSeconds: number }
  | { readonly fault: 'file'; readonly how: FileDisturbance; readonly hangUp: boolean }
  /** A destination is down until bodies are evicted. */
  | { readonly fault: 'evict'; readonly destination: 'elastic' | 'otel' }
  /** A destination with `whenFull: hold` is down until senders get 503. */
  | { readonly fault: 'full' }
  | { readonly fault: 'remove-position'; readonly destination: Remote | 'archive' }
  /** Kills the process, and adds bytes of an unfinished write to the newest segment. */
  | { readonly fault: 'torn-tail'; readonly bytes: number };

export type Step = Fault & { readonly pauseMs: number };
export type FaultName = Fault['fault'];

/** How often each fault is in a round of steps. */
const round: Readonly<Record<FaultName, number>> = {
  ...{ end: 5, backlog: 1, fail: 7, 'lose-acks': 1, 'crash-node': 1, clock: 2, file: 3 },
  ...{ evict: 1, full: 1, 'remove-position': 1, 'torn-tail': 1 },
};
const stepsInRound = Object.values(round).reduce((sum, count) => sum + count, 0);
/** Steps between two checks of everything. */
export const checkEvery = Math.ceil(stepsInRound / 2);
const hour = 3_600;
const offsets = [hour, 30 * hour, 24 * 40 * hour, 24 * 365 * hour] as const;

/** Each round has every fault, in random order. Never ends. */
export function* planOf(seed: number, only: readonly FaultName[] = faultNames): Generator<Step, never> {
  const random = createRandom(seed);
  while (true) {
    const names = only.flatMap((name) => Array.from({ length: round[name] }, () => name));
    while (names.length > 0) yield { ...faults[random.take(names)](random), pauseMs: random.between(200, 3_000) };
  }
}

const anySignal = (random: Random): 'SIGKILL' | 'SIGTERM' => (random.chance(0.7) ? 'SIGKILL' : 'SIGTERM');

const faults: { readonly [Name in FaultName]: (random: Random) => Fault } = {
  end: (random) => ({ fault: 'end', signal: anySignal(random), downMs: random.pick([0, 0, 1_500]) }),
  backlog: (random) => ({ fault: 'backlog', signal: anySignal(random), growMs: random.between(1_000, 4_000) }),
  fail: (random) => {
    const destination = random.pick(remote);
    const oneNode = random.chance(0.4) ? { node: random.between(0, 2) } : {};
    const ms = random.between(1_000, 7_000);
    return { fault: 'fail', destination, mode: random.pick(modes), ms, ...(destination === 'elastic' ? oneNode : {}) };
  },
  'lose-acks': (random) => ({ fault: 'lose-acks', ms: random.between(1_000, 7_000) }),
  'crash-node': (random) => ({ fault: 'crash-node', node: random.between(0, 1) }),
  clock: (random) => ({ fault: 'clock', offsetSeconds: random.pick([0, 1, -1]) * random.pick(offsets) }),
  file: (random) => ({ fault: 'file', how: random.pick(fileDisturbances), hangUp: random.chance(0.5) }),
  evict: (random) => ({ fault: 'evict', destination: random.pick(['elastic', 'otel'] as const) }),
  full: () => ({ fault: 'full' }),
  'remove-position': (random) => ({
    fault: 'remove-position',
    destination: random.pick([...remote, 'archive'] as const),
  }),
  'torn-tail': (random) => ({ fault: 'torn-tail', bytes: random.between(1, 40) }),
};
export const faultNames = [
  'end',
  'backlog',
  'fail',
  'lose-acks',
  'crash-node',
  'clock',
  'file',
  'evict',
  'full',
  'remove-position',
  'torn-tail',
] as const satisfies readonly FaultName[];

export function textOf({ pauseMs: _, fault, ...rest }: Step): string {
  return [fault, ...Object.entries(rest).map(([key, value]) => `${key}=${value}`)].join(' ');
}
