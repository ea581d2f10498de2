// For tests: a connector without listeners, with real stages and destinations in memory, in its own directory.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Configuration, loadConfiguration, type Registry } from '@xiq-siem/config';
import { type Batch, type BodyLog, type DeliveryReport, defineDestination } from '@xiq-siem/core';
import { fileDestination } from '@xiq-siem/file';
import { selfSource } from '@xiq-siem/health-events';
import { type Journal, openDataDirectory, openJournal } from '@xiq-siem/journal';
import {
  documentNames,
  openBackfillPairing,
  openDeadLetters,
  openProgressHistory,
  openState,
  prepareState,
  readKnownHistory,
} from '@xiq-siem/state';
import { certainAge, createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import { z } from 'zod';
import { openPipeline } from './pipeline.ts';

type Report = DeliveryReport<'down' | 'bad'>;

/** The server of a destination of type `memory`. It stays over a restart. */
export interface Siem {
  /** Accepted documents, as JSON. */
  readonly received: string[];
  opened: number;
  closed: number;
  reopened: number;
  /** `reopen` fails. */
  staysClosed: boolean;
  /** Its search finds nothing, or fails. */
  hides: 'everything' | 'failing' | undefined;
  /** The response to a batch. Not set: the whole batch is delivered. */
  response: ((batch: Batch, signal: AbortSignal) => Report | Promise<Report>) | undefined;
}

export const takeAll = ({ items }: Batch): Report => ({
  items: items.map(({ index }) => ({ index, verdict: 'delivered' })),
});

/** Gives the events that the test selects by their JSON another verdict. */
export const verdictWhere =
  (verdict: 'rejected' | 'blocked', isMeant: (json: string) => boolean) =>
  ({ items }: Batch): Report => ({
    items: items.map(({ index, json }) =>
      isMeant(json) ? { index, verdict, code: 'bad', message: 'no such field' } : { index, verdict: 'delivered' },
    ),
  });

/** Does not respond until the call is aborted. */
export const hanging = (_: Batch, signal: AbortSignal): Promise<Report> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ batch: 'unavailable', code: 'down' }), { once: true });
  });

/** Unavailable for an hour. */
export const unavailable = (): Report => ({ batch: 'unavailable', code: 'down', waitMs: 3_600_000 });

export interface FixtureOptions {
  /** A restart with the files of a closed fixture. */
  readonly after?: { readonly directory: string; readonly siems: Map<string, Siem> };
  readonly journal?: { readonly maxBytes?: number; readonly segmentBytes?: number };
  readonly mapping?: string;
  /** Another log than the embedded journal. */
  readonly over?: BodyLog;
}

export type PipelineFixture = Awaited<ReturnType<typeof openPipelineFixture>>;

const memory = (siems: Map<string, Siem>) =>
  defineDestination({
    type: 'memory',
    assurance: 'stored',
    codes: ['down', 'bad'],
    configSchema: z.strictObject({
      label: z.string().optional(),
      broken: z.boolean().default(false),
      searchable: z.boolean().default(false),
    }),
    async create({ broken, searchable }, { name }) {
      if (broken) throw new Error('cannot be opened');
      const siem = siemOf(siems, name);
      siem.opened += 1;
      return {
        async deliver(batch, signal) {
          const report = await (siem.response ?? takeAll)(batch, signal);
          if ('items' in report) {
            for (const { index, verdict } of report.items) {
              if (verdict === 'delivered') siem.received.push(batch.items[index]?.json ?? '');
            }
          }
          return report;
        },
        check: async () => ({ ok: siem.response === undefined, message: 'checked' }),
        ...(searchable && {
          find: async ({ id }) => {
            if (siem.hides === 'failing') throw new Error('the search was refused');
            const found = siem.hides === undefined && siem.received.some((json) => json.includes(id));
            return { found, message: found ? 'it is there' : 'it does not show' };
          },
        }),
        reopen: async () => {
          siem.reopened += 1;
          if (siem.staysClosed) throw new Error('not reopened');
        },
        close: async () => {
          siem.closed += 1;
        },
      };
    },
  });

function siemOf(siems: Map<string, Siem>, name: string): Siem {
  const none = { opened: 0, closed: 0, reopened: 0, staysClosed: false };
  const siem = siems.get(name) ?? { ...none, received: [], hides: undefined, response: undefined };
  siems.set(name, siem);
  return siem;
}

/** An audit event with an unknown code. */
export const audit = (id: number, more: object = {}): object => ({
  owner_id: 1091,
  org_id: 0,
  id,
  category: 'SYSTEM',
  user_id: 6553,
  code: 99_001,
  username: 'a@example.com',
  timestamp: 1_636_337_187_000 + id,
  description: `number ${id}`,
  ...more,
});

/** An audit event with the action `config-changed`. */
export const configChange = (id: number): object => audit(id, { code: 20_001, category: 'CONFIG' });

/** Destinations in memory by name, without a batch delay. */
export const destinations = (...names: readonly string[]): Record<string, object> =>
  Object.fromEntries(names.map((name) => [name, { type: 'memory', batch: { maxAgeMs: 0 } }]));

const settings = { sources: { xiq: { type: 'xiq' } }, healthEvents: { enabled: false } };

export async function openPipelineFixture(
  wanted: Record<string, object>,
  { after, journal: limits, mapping, over }: FixtureOptions = {},
) {
  const directory = after?.directory ?? (await mkdtemp(join(tmpdir(), 'pipeline-')));
  const siems: Map<string, Siem> = after?.siems ?? new Map();
  const registry: Registry = {
    self: selfSource,
    sources: [xiqSource],
    destinations: { memory: async () => memory(siems), file: async () => fileDestination },
  };
  const file = join(directory, 'config.yaml');
  /** Writes and loads a configuration file. `rules` is the text of the operator's mapping. */
  async function configure(
    entries: Record<string, object>,
    more: object = {},
    rules = mapping,
  ): Promise<Configuration> {
    if (rules !== undefined) await writeFile(join(directory, 'mapping.yaml'), rules);
    const own = rules === undefined ? {} : { mapping: './mapping.yaml' };
    await writeFile(file, JSON.stringify({ ...settings, ...own, destinations: entries, ...more }));
    const loaded = await loadConfiguration(file, registry, {});
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    return loaded.configuration;
  }

  const log = createRecordingLogger();
  const meter = createRecordingMeter();
  let clockMs = 0;
  /** The system time plus the time of `pass`. */
  const now = (): number => Date.now() + clockMs;
  const data = await openDataDirectory(join(directory, 'data'), {
    now,
    log,
    prepare: (path, fromFormat) => prepareState(path, fromFormat, { now, log }),
  });
  const state = await openState(data.path, { now, log });
  const services = {
    agent: { id: data.instanceId, name: 'test', version: '1' },
    secretsDirectory: data.paths.secrets,
    now,
    log,
    meter,
  };
  const known = await readKnownHistory(state.database, data.instanceId, log);
  const bounds = {
    ageGuard: certainAge,
    maxBytes: 1 << 30,
    minFreeBytes: 0,
    segmentBytes: 1 << 20,
    ...limits,
    now,
    log,
    meter,
  };
  const journal: Journal =
    over === undefined
      ? await openJournal({
          directory: data.path,
          retainForMs: 3_600_000,
          maintainEveryMs: 0,
          onIncident: state.addJournalIncident,
          ...(known && { known }),
          ...bounds,
        })
      : { ...over, maintain: async () => {} };
  const firstBody = (): number => journal.extent().firstSequence;
  const deadLetters = await openDeadLetters(state.database, {
    maxBytes: 1 << 24,
    minFreeBytes: 0,
    directory: data.path,
    firstBody,
    now,
    log,
  });
  const progressHistory = openProgressHistory(state.database, log);
  const pairing = await openBackfillPairing(state.database, { now, mayDeleteByAge: () => true, log });
  const configuration = await configure(wanted);
  // The destinations have taken events before, so a rejected event becomes a dead letter at once.
  for (const { name, settingsHash } of configuration.destinations) {
    await state.documents.put(documentNames.provenSettings(name), { hash: settingsHash });
  }
  const pipeline = await openPipeline(configuration, {
    ...{ journal, deadLetters, pairing, services, log },
    documents: state.documents,
  });
  let isClosed = false;

  /** Records the progress of each destination, as the sampler does. */
  async function sample(): Promise<void> {
    const reached = pipeline.delivery.status().map(({ name, sequence }) => [name, { sequence, atMs: now() }] as const);
    await progressHistory.add(new Map(reached));
  }
  await sample();
  return {
    directory,
    siems,
    registry,
    file,
    data,
    state,
    journal,
    deadLetters,
    progressHistory,
    pairing,
    pipeline,
    services,
    log,
    configure,
    sample,
    now,
    siem: (name: string) => siemOf(siems, name),
    /** Moves the clock. */
    pass(ms: number): void {
      clockMs += ms;
    },
    /** Resolves with the receipt. */
    keep: (elements: readonly object[] | string, messageType = 'AUDIT_LOG_ALL') =>
      journal.append(
        { source: 'xiq', messageType, origin: 'webhook', receivedAtMs: now() },
        Buffer.from(typeof elements === 'string' ? elements : JSON.stringify(elements)),
      ),
    /** Stores the rows of a REST log with one pairing key, as a back-fill does. */
    async fetch(rows: readonly object[]): Promise<void> {
      const receivedAtMs = now();
      const metadata = { source: 'xiq', messageType: 'AUDIT_LOG_ALL', origin: 'rest', receivedAtMs } as const;
      const body = { sequence: 0, receipt: '', metadata, bytes: Buffer.from(JSON.stringify(rows)) };
      await journal.append(metadata, body.bytes);
      const [event] = pipeline.sources().of(body).normalize(body, receivedAtMs);
      const { pairingKey = '' } = event ?? {};
      await pairing.addFetched([{ pairingKey, rows: rows.length, kept: () => [] }]);
    },
    /** Resolves when each destination has all bodies and its position is on disk. */
    async settled(): Promise<void> {
      const { nextSequence } = journal.extent();
      const hasAll = (sequence = 0): boolean => journal.countBodies(sequence, nextSequence - 1) === 0;
      const isSaved = (name: string): boolean => hasAll(journal.positions().get(name)?.sequence);
      await until(() =>
        pipeline.delivery
          .status()
          .every(
            ({ name, sequence, counters: { delivered, deadLettered } }) =>
              hasAll(sequence) && (delivered + deadLettered === 0 || isSaved(name)),
          ),
      );
    },
    /** Keeps the files for a restart. */
    async stop(): Promise<void> {
      if (isClosed) return;
      isClosed = true;
      await pipeline.delivery.stop(500);
      await state.close();
      await journal.close();
      await data.close();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await this.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Polls a condition. Rejects after ten seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`the condition was not met: ${isSo}`);
    await setTimeout(2);
  }
}

/** All lines of a stream. */
export async function linesOf<Line>(stream: AsyncIterable<Line>): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of stream) lines.push(line);
  return lines;
}

export const never: AbortSignal = new AbortController().signal;
