// For tests: a connector whose fetches can be killed at each write, with destinations that read at their own speed.
import { setImmediate } from 'node:timers/promises';
import { initialPosition, type StoredBody } from '@xiq-siem/core';
import { audit, type Fixture, never } from '@xiq-siem/queries/test-queries';
import { afterDecisions, isDuplicateOfBackfill, openBackfillPairing } from '@xiq-siem/state';
import { createManualClock, modelLog } from '@xiq-siem/testkit';
import { testAccount } from '../test-account.ts';
import { startBackfill } from './backfill-work.ts';

/** The time of `audit(0)`. */
export const T = 1_636_337_187_000;
const hour = 3_600_000;
const messageType = 'AUDIT_LOG_ALL';

/** The n-th webhook event of a key. Its id differs from those of all log rows. */
export interface Pushed {
  readonly key: number;
  readonly n: number;
}
const webhookOf = ({ key, n }: Pushed): object => audit(key, { id: null, device_count: n });
const rowOf = (key: number, n: number): object => audit(key, { id: 1_000 + 100 * key + n });

/** Something that happens during a fetch: before its n-th write, or before a page of the log is read. */
export interface During {
  readonly at: number | 'pages';
  readonly webhooks: readonly Pushed[];
}
/** The process is killed at the n-th write of a fetch, before or after the write has an effect. */
export interface Kill {
  readonly at: number;
  readonly isDone: boolean;
}

interface Destination {
  /** The first sequence that is not settled, in memory and on disk. */
  next: number;
  saved: number;
  /** Delivered ids by key. */
  readonly received: Map<number, Set<string>>;
}

/** `rows`: the number of log rows of each key at first. The state file of the fixture is used, without earlier entries. */
export async function pairingWorld({ state, log, readModel }: Fixture, counts: readonly number[]) {
  const rows = counts.map(() => 0);
  await state.database.write([{ sql: 'DELETE FROM backfilled_ids' }]);
  const store = modelLog();
  const world = testAccount();
  const { reader } = world.account;
  const logged: object[] = [];
  /** By event id: `w1` or `r1`, for the webhook event or the row with this number. */
  const names = new Map<string, string>();
  world.logs.set('audit', logged);
  for (const [key, count] of counts.entries()) for (let n = 0; n < count; n++) addRow(key);
  const clock = createManualClock(T + hour);
  const destinations = new Map<string, Destination>();
  /** Distinct ids that were received by webhook, by key. */
  const pushed = new Map<number, Set<string>>();
  /** Of them, ids that arrived while their event was being fetched, or after a kill until the fetch was resumed. */
  const unseen = new Map<number, Set<string>>();
  let isFetching = false;
  let process = await openProcess();

  function addRow(key: number): void {
    const n = rows[key] ?? 0;
    rows[key] = n + 1;
    logged.push(rowOf(key, n));
    const [event] = reader.eventsOf('audit', [JSON.stringify(rowOf(key, n))]);
    names.set(event?.id ?? '', `r${n}`);
  }

  async function openProcess() {
    const journal = store.open();
    let isAlive = true;
    let killAt: Kill | undefined;
    let during: During | undefined;
    let writes = 0;
    const killed = Promise.withResolvers<'killed'>();
    const kill = (): void => {
      isAlive = false;
      store.kill();
      killed.resolve('killed');
    };
    const forever = new Promise<never>(() => {});
    /** Each write may be the last one. */
    const asWrite =
      <Arguments extends unknown[], Result>(work: (...given: Arguments) => Promise<Result>) =>
      async (...given: Arguments): Promise<Result> => {
        if (!isAlive) return forever;
        writes++;
        if (during?.at === writes) await receive(during.webhooks);
        const isLast = killAt?.at === writes;
        if (isLast && killAt?.isDone === false) kill();
        if (!isAlive) return forever;
        const result = await work(...given);
        if (isLast) kill();
        return isAlive ? result : forever;
      };
    const { database } = state;
    const pairing = await openBackfillPairing(
      { read: database.read, write: asWrite(database.write) },
      { now: clock.now, mayDeleteByAge: () => false, log },
    );
    return {
      journal,
      pairing,
      kill,
      append: asWrite(journal.append),
      async fetch(how: { readonly kill?: Kill | undefined; readonly during?: During | undefined }) {
        ({ kill: killAt, during } = how);
        writes = 0;
        isFetching = true;
        world.before = async () => {
          world.before = undefined;
          if (during?.at === 'pages') await receive(during.webhooks, true);
        };
        const work = startBackfill(
          { job: 'one', fromMs: T - 1_000, toMs: T + 1_000, forceDuplicates: false },
          { source: 'xiq', types: [{ messageType, fetchedToMs: T - 1_000, fetched: 0, known: 0, kept: 0 }] },
          world.account,
          {
            access: () => ({ journal, yieldNow: async () => {}, pairing }),
            journal: { append: asWrite(journal.append) },
            pairing,
            records: { all: () => [], save: async () => {} },
            clock,
            log,
          },
        );
        const ended = await Promise.race([work.ended, killed.promise]);
        killAt = undefined;
        during = undefined;
        if (ended === 'done') isFetching = false;
        return ended;
      },
    };
  }

  async function receive(events: readonly Pushed[], isSeen = false): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(events.map(webhookOf)));
    const metadata = { source: 'xiq', messageType, origin: 'webhook', receivedAtMs: T } as const;
    await process.journal.append(metadata, bytes);
    for (const { id, key, element } of eventsOf({ sequence: 0, receipt: '', metadata, bytes })) {
      names.set(id, `w${events[element]?.n}`);
      pushed.set(key, (pushed.get(key) ?? new Set()).add(id));
      if (isFetching && !isSeen) unseen.set(key, (unseen.get(key) ?? new Set()).add(id));
    }
  }

  function eventsOf(body: StoredBody) {
    return [...reader.eventsOfBody(body)].map((event) => ({ ...event, key: (event.timeMs ?? 0) - T }));
  }
  /** The events that a destination gets of at most so many bodies, and the sequence after them. */
  async function read(first: number, maxBodies: number) {
    const { journal, pairing } = process;
    const from = journal.reader(first, journal.extent().nextSequence - 1);
    const entries = journal.extent().nextSequence > first ? await from.read({ maxBodies, maxBytes: 1e9 }, never) : [];
    await from.close();
    const bodies = entries.flatMap((entry) => (entry.kind === 'body' ? [entry.body] : []));
    const events = bodies.flatMap((body) =>
      eventsOf(body)
        .filter((event) => !isDuplicateOfBackfill(body.metadata.origin, event, pairing))
        .map(({ id, key }) => ({ id, key, sequence: body.sequence, name: names.get(id) })),
    );
    return { events, next: (bodies.at(-1)?.sequence ?? first - 1) + 1 };
  }

  function destinationOf(name: string): Destination {
    const found = destinations.get(name) ?? { next: 0, saved: 0, received: new Map() };
    destinations.set(name, found);
    return found;
  }

  async function deliver(name: string, maxBodies: number): Promise<void> {
    const one = destinationOf(name);
    const { events, next } = await read(one.next, maxBodies);
    for (const { key, id } of events) one.received.set(key, (one.received.get(key) ?? new Set()).add(id));
    one.next = next;
  }

  async function savePosition(name: string): Promise<void> {
    const one = destinationOf(name);
    const file = {
      position: initialPosition(one.saved),
      save: async ({ sequence }: { readonly sequence: number }) => {
        one.saved = sequence;
      },
      close: async () => {},
    };
    await afterDecisions(file, process.pairing).save(initialPosition(one.next));
  }

  /** The memory of the process is lost. */
  async function restart(): Promise<void> {
    process.kill();
    await setImmediate();
    process = await openProcess();
    for (const one of destinations.values()) one.next = one.saved;
  }

  return {
    /** Number of log rows by key. */
    rows,
    pushed,
    unseen,
    destinations,
    account: world,
    clock,
    addRow,
    receive,
    read,
    deliver,
    savePosition,
    restart,
    extent: () => process.journal.extent(),
    /** The names of all events that a destination has got. */
    received: (destination: string) =>
      [...destinationOf(destination).received.values()].flatMap((ids) => [...ids].map((id) => names.get(id))),
    /** Resolves with how it ended. After a kill, the process is started again. */
    async fetch(how: { readonly kill?: Kill | undefined; readonly during?: During | undefined } = {}) {
      const ended = await process.fetch(how);
      if (ended === 'killed') await restart();
      return ended;
    },
    /** For queries, with these destinations. */
    readModel: () => ({
      ...readModel(),
      journal: process.journal,
      pairing: process.pairing,
      destinations: () =>
        [...destinations.keys()].map((name) => ({ name, type: 'x', assurance: 'stored' as const, wants: () => true })),
      position: (name: string) => initialPosition(destinationOf(name).saved),
    }),
  };
}

export type PairingWorld = Awaited<ReturnType<typeof pairingWorld>>;

/** The events of one key that a destination must have: as many as there are rows or webhooks, whichever is more. */
export const expectedCount = ({ rows, pushed }: PairingWorld, key: number): number =>
  Math.max(rows[key] ?? 0, pushed.get(key)?.size ?? 0);
