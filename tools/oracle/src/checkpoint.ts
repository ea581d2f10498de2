// A check of everything: waits until the connector has delivered, and collects the findings.
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeadLetterEntry, DestinationState } from '@xiq-siem/admin-api';
import { statusFindings } from './counters.ts';
import type { World } from './faults.ts';
import type { Finding } from './findings.ts';
import { isNeverTaken, sequenceOf } from './ledger.ts';
import { arrivalFindings, type ConnectorState, idFindings, type Missing, whereaboutsAt } from './verify.ts';

/** Longest wait for delivery after all faults have ended. */
const drainWithinMs = 120_000;
/** Of a destination's missing events, beside those that Elasticsearch never takes. */
const mostTraced = 200;
const pageSize = 1_000;

export interface Checked {
  readonly findings: readonly Finding[];
  /** By destination: `delivered`, `deadLettered`, `evicted`, `waiting`. */
  readonly where: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly drainedMs: number;
}

/** No request may be in flight, and no fault be active. `atRest` runs when the connector has delivered. */
export async function checkEverything(world: World, atRest?: () => void): Promise<Checked> {
  const { connector, ledger } = world;
  const destinations = Object.values(world.destinations);
  const startedMs = performance.now();
  await drain(world);
  const drainedMs = performance.now() - startedMs;
  atRest?.();
  const ofFiles = world.destinations.archive.takeProblems();
  const state = await readState(world);
  const where = destinations.map((destination) => ({
    name: destination.name,
    ...whereaboutsAt(destination, ledger, state),
  }));
  const missing = where.flatMap((one) => one.missing);
  const { waiting, findings } = await explain(world, missing);
  const { output, code } = await connector.run(['status']);
  const [headline = ''] = output.split('\n');
  return {
    drainedMs,
    findings: [
      ...ofFiles,
      ...findings,
      ...idFindings(destinations),
      ...(await findingsAtRest(world, missing)),
      ...statusFindings(state.status, headline, code),
    ],
    where: Object.fromEntries(
      where.map(({ name, missing: _, ...counts }) => [name, { ...counts, waiting: waiting.get(name) ?? 0 }]),
    ),
  };
}

/** A health event may arrive between two reads: counters must agree at one of several times. */
async function findingsAtRest(world: World, missing: readonly Missing[]): Promise<readonly Finding[]> {
  const { ledger, disturbances, reset } = world;
  const destinations = Object.values(world.destinations);
  for (let attempt = 1; ; attempt += 1) {
    const state = await readState(world);
    world.destinations.archive.sweep();
    const findings = arrivalFindings(destinations, ledger, disturbances, state, reset, missing);
    if (attempt === 5 || findings.every(({ kind }) => kind !== 'counters')) return findings;
    await sleep(500);
  }
}

/** Until nothing waits, or at Elasticsearch only events that it never takes. */
async function drain(world: World): Promise<void> {
  const until = performance.now() + drainWithinMs;
  while (performance.now() < until) {
    world.destinations.archive.sweep();
    const state = await readState(world);
    const { missing } = whereaboutsAt(world.destinations.elastic, world.ledger, state);
    const onlyNeverTaken = missing.every(({ sent }) => isNeverTaken(sent));
    const isDone = ({ name, lag }: DestinationState) =>
      (lag.bodies === 0 && lag.eventsInFlight === 0) || (name === 'elastic' && onlyNeverTaken);
    if (state.status.destinations.every(isDone)) return;
    await sleep(500);
  }
}

async function readState({ connector }: World): Promise<ConnectorState> {
  const admin = connector.admin();
  const deadLetters: DeadLetterEntry[] = [];
  for (let after: number | undefined, isLast = false; !isLast; ) {
    const page = await admin.listDeadLetters({ limit: pageSize, after }, AbortSignal.timeout(30_000));
    deadLetters.push(...page.entries);
    after = page.next;
    isLast = after === undefined;
  }
  return { status: await admin.status({}, AbortSignal.timeout(30_000)), deadLetters };
}

/** Asks the connector for each missing event: what waits is in the journal, the rest is lost. */
async function explain({ connector }: World, missing: readonly Missing[]) {
  const waiting = new Map<string, number>();
  const findings: Finding[] = [];
  const traced = new Map<string, number>();
  for (const { destination, sent } of missing) {
    const receipt = sent.receipts.at(-1) ?? '';
    traced.set(destination, (traced.get(destination) ?? 0) + 1);
    const isTraced = isNeverTaken(sent) || (traced.get(destination) ?? 0) <= mostTraced;
    const says = isTraced ? await traceOf(connector, receipt, sent.element, destination) : 'not traced';
    if (says === 'waiting') waiting.set(destination, (waiting.get(destination) ?? 0) + 1);
    if (says === 'waiting' && isNeverTaken(sent)) continue;
    const text = `${sent.marker} (receipt ${receipt}, sequence ${sequenceOf(receipt)}): trace says ${says}`;
    findings.push({ kind: says === 'waiting' ? 'undelivered' : 'loss', destination, text });
  }
  return { waiting, findings };
}

async function traceOf({ admin }: World['connector'], receipt: string, element: number, name: string): Promise<string> {
  const { found, events } = await admin().traceReceipt({ receipt }, AbortSignal.timeout(30_000));
  const event = events.find((candidate) => candidate.element === element);
  return event?.destinations.find(({ destination }) => destination === name)?.verdict ?? `${found}, no verdict`;
}
