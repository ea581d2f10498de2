// Carries out the steps of a plan on the running connector and its destinations.
import { appendFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeClock } from './clock.ts';
import type { Connector } from './connector.ts';
import type { Archive } from './destinations/archive.ts';
import type { FakeDestination } from './destinations/destination.ts';
import type { HecCluster } from './destinations/hec.ts';
import type { Disturbance } from './duplicates.ts';
import type { Ledger } from './ledger.ts';
import type { Remote, Step } from './plan.ts';
import { burstPace, normalPace, type Senders } from './senders.ts';

export interface World {
  readonly connector: Connector;
  /** Undefined without libfaketime. */
  readonly clock: FakeClock | undefined;
  readonly destinations: { readonly archive: Archive; readonly splunk: HecCluster } & Readonly<
    Record<Remote, FakeDestination>
  >;
  readonly ledger: Ledger;
  readonly disturbances: Disturbance[];
  /** Destinations whose position was removed: their counters started again. */
  readonly reset: Set<string>;
  readonly report: (finding: { readonly kind: 'stop'; readonly text: string }) => void;
}

/** Up to this time before a kill, a position may not be saved. It is saved every 250 ms. */
const unsavedMs = 3_000;
/** In flight when the process ended by SIGTERM. */
const abortedMs = 500;
const fillWithinMs = 40_000;

export type Faults = ReturnType<typeof createFaults>;

export function createFaults(world: World) {
  const { connector, clock, destinations, ledger, disturbances } = world;
  const { archive, elastic, splunk, otel } = destinations;
  const remotes = [elastic, splunk, otel];
  /** By what ends: a new failure of a destination replaces the end of the former one. */
  const ends = new Map<string, NodeJS.Timeout>();

  function endAfter(what: string, ms: number, work: () => void): void {
    clearTimeout(ends.get(what));
    ends.set(what, setTimeout(work, ms));
  }
  function heal(): void {
    for (const timer of ends.values()) clearTimeout(timer);
    for (const { setMode } of remotes) setMode('ok');
    splunk.loseAcks(false);
  }

  async function endProcess(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const before = performance.now();
    const inTime = await connector.stop(signal);
    if (!inTime) world.report({ kind: 'stop', text: 'SIGTERM did not end the connector' });
    const [at, windowMs] = signal === 'SIGTERM' && inTime ? [performance.now(), abortedMs] : [before, unsavedMs];
    disturbances.push({ at, windowMs });
    archive.sweep();
  }

  async function fillUntil(destination: FakeDestination, senders: Senders, isFull: () => Promise<boolean>) {
    const until = performance.now() + fillWithinMs;
    clearTimeout(ends.get(destination.name));
    destination.setMode('down');
    senders.setPace(burstPace);
    while (performance.now() < until && !(await isFull())) await sleep(300);
    senders.setPace(normalPace);
    destination.setMode('ok');
  }

  const gapsOf = async (name: string): Promise<number> => {
    const { gaps } = await connector.admin().status({}, AbortSignal.timeout(10_000));
    return gaps.reduce((sum, { destination, bodies }) => sum + (destination === name ? bodies : 0), 0);
  };
  const busyAnswers = (): number => ledger.answers.get('503') ?? 0;

  async function run(step: Step, senders: Senders): Promise<void> {
    switch (step.fault) {
      case 'end':
        await endProcess(step.signal);
        await sleep(step.downMs);
        return connector.start();
      case 'backlog':
        for (const { setMode } of remotes) setMode('down');
        await sleep(step.growMs);
        await endProcess(step.signal);
        await connector.start();
        await sleep(step.growMs);
        return heal();
      case 'fail': {
        const { setMode } = destinations[step.destination];
        setMode(step.mode, step.node);
        return endAfter(step.destination, step.ms, () => setMode('ok'));
      }
      case 'lose-acks':
        splunk.loseAcks(true);
        return endAfter('acks', step.ms, () => splunk.loseAcks(false));
      case 'crash-node':
        return splunk.crashNode(step.node);
      case 'clock':
        return clock?.set(step.offsetSeconds);
      case 'file':
        disturbances.push({ at: performance.now(), windowMs: unsavedMs, destination: archive.name });
        await connector.whileStopped(() => archive.disturb(step.how));
        return step.hangUp ? connector.signal('SIGHUP') : undefined;
      case 'evict': {
        const before = await gapsOf(step.destination);
        return fillUntil(
          destinations[step.destination],
          senders,
          async () => (await gapsOf(step.destination)) > before,
        );
      }
      case 'full': {
        const before = busyAnswers();
        return fillUntil(splunk, senders, async () => busyAnswers() > before);
      }
      case 'remove-position':
        await endProcess('SIGKILL');
        rmSync(join(connector.dataDirectory, 'positions', `${step.destination}.position`), { force: true });
        disturbances.push({ at: performance.now(), windowMs: Number.POSITIVE_INFINITY, destination: step.destination });
        world.reset.add(step.destination);
        return connector.start();
      case 'torn-tail':
        await endProcess('SIGKILL');
        appendToNewestSegment(join(connector.dataDirectory, 'journal'), step.bytes);
        return connector.start();
    }
  }

  return { run, heal };
}

function appendToNewestSegment(directory: string, bytes: number): void {
  const newest = readdirSync(directory)
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .at(-1);
  if (newest !== undefined) appendFileSync(join(directory, newest), Buffer.alloc(bytes, 7));
}
