// For tests: all that ExtremeCloud IQ says happened, held against all that the connector wrote.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CompletenessLine, type Job, routes, type Status } from '@xiq-siem/admin-api';
import type { MessageType, SimulatedEvent, XiqCloudOptions } from '@xiq-siem/simulator';
import type { z } from 'zod';
import type { Ended, OutputDocument, RunningConnector } from './connector-process.ts';
import { until, type XiqFixture, xiqFixture } from './xiq-fixture.ts';

/** Those that have a log. */
export const loggedTypes = [
  'AUDIT_LOG_ALL',
  'AUTHENTICATION_LOG_ALL',
  'ACCOUNTING_LOG_ALL',
  'CREDENTIAL_LOG_ALL',
  'EMAIL_LOG_ALL',
  'SMS_LOG_ALL',
] as const satisfies readonly MessageType[];

export interface CompletenessResult {
  readonly code: Ended['code'];
  readonly cells: readonly Cell[];
  readonly verdict: string | undefined;
}
type Cell = Extract<CompletenessLine, { kind: 'cell' }>['cell'];

export interface ProofFixture extends Omit<XiqFixture, 'configure'> {
  /** Writes the configuration; `subscriptions` are further keys of it. */
  configure(subscriptions?: object): Promise<void>;
  write(file: string, text: string): Promise<void>;
  /** A command of words parted by blanks, as a person runs it. */
  runLine(message: string): Promise<Ended>;
  /** With `--json`: its exit code, and every line by the schema of the route that is asked. */
  runJson<Answer extends z.ZodType>(
    route: { readonly response: Answer },
    message: string,
  ): Promise<JsonOutput<z.output<Answer>>>;
  status(): Promise<{ readonly code: Ended['code']; readonly status: Status }>;
  /** `completeness` of a span, by default all since the place was made. */
  completenessOf(message?: string): Promise<CompletenessResult>;
  /** `--from … --to …`: from before the place was made until now. */
  span(): string;
  /**
   * Resolves when every event is in the output once; rejects when one is there twice, or is not there in time. A body
   * whose position was not yet on disk at a kill is delivered again: `killed` allows for that.
   */
  waitForAll(events: readonly SimulatedEvent[], killed?: 'killed'): Promise<void>;
  /** Actions of our own events. */
  healthEvents(): Promise<readonly string[]>;
}

/** Subscribed to what the configuration says, and looked at since. */
export async function subscribed(fixture: ProofFixture): Promise<RunningConnector> {
  const connector = await fixture.start();
  const { code, output } = await fixture.runLine('subscriptions apply --yes');
  if (code !== 0) throw new Error(`apply ended with ${code}: ${output}`);
  await until('all is well', async () => (await fixture.status()).code === 0);
  return connector;
}

export async function jobsOf(fixture: ProofFixture): Promise<readonly Job[]> {
  const { lines } = await fixture.runJson(routes.jobs, 'jobs');
  return lines.flatMap(({ jobs }) => jobs);
}

interface JsonOutput<Line> {
  readonly code: Ended['code'];
  readonly lines: readonly Line[];
}

export async function proofFixture(
  cloudOptions: XiqCloudOptions = {},
  configured: object = {},
): Promise<ProofFixture & AsyncDisposable> {
  const fixture = await xiqFixture(cloudOptions);
  const { cloud, work, publicUrl } = fixture;
  const startedMs = Date.now();
  const port = new URL(publicUrl).port;

  const runLine = (message: string): Promise<Ended> => fixture.run(...message.split(' '));
  const runJson: ProofFixture['runJson'] = async ({ response }, message) => {
    const { code, output, stdout } = await runLine(`${message} --json`);
    const lines = stdout.split('\n').slice(0, -1);
    if (lines.length === 0) throw new Error(`${message} --json ended with ${code} and said nothing but: ${output}`);
    return { code, lines: lines.map((line) => response.parse(JSON.parse(line))) };
  };
  const span = (): string => `--from ${new Date(startedMs - 60_000).toISOString()} --to ${new Date().toISOString()}`;
  const configure = (subscriptions: object = {}): Promise<void> => {
    const sources = {
      xiq: {
        type: 'xiq',
        api: { baseUrl: cloud.url, token: { file: './token' } },
        subscriptions: {
          ...{ application: 'siem', publicUrl, messageTypes: loggedTypes, settleMinutes: 0 },
          ...{ ...configured, ...subscriptions },
        },
      },
    };
    const keys = {
      server: { port: Number(port) },
      admin: { port: 0 },
      journal: { minFreeBytes: 0 },
      healthEvents: { heartbeatMinutes: 0.1 },
      destinations: { archive: { type: 'file', directory: './out', minFreeBytes: 0 } },
      sources,
    };
    // JSON is YAML.
    return writeFile(work.configFile, JSON.stringify(keys));
  };
  await configure();
  return {
    ...fixture,
    ...{ configure, runLine, runJson, span },
    write: (file, text) => writeFile(join(work.directory, file), text, { mode: 0o600 }),
    async status() {
      const { code, lines } = await runJson(routes.status, 'status');
      const [status] = lines;
      if (status === undefined) throw new Error('status said nothing');
      return { code, status };
    },
    async completenessOf(message = span()) {
      const { code, lines } = await runJson(routes.completeness, `completeness ${message}`);
      const end = lines.at(-1);
      return {
        code,
        cells: lines.flatMap((line) => (line.kind === 'cell' ? [line.cell] : [])),
        verdict: end?.kind === 'end' ? end.verdict : undefined,
      };
    },
    async waitForAll(events, killed) {
      let left = events.length;
      await until(
        'every event is in the output',
        async () => {
          left = countMissing(events, await work.documents(), killed !== undefined);
          return left === 0;
        },
        30_000,
      ).catch((cause: unknown) => {
        throw new Error(`${left} of ${events.length} events are not seen in the output`, { cause });
      });
    },
    async healthEvents() {
      const documents = await work.documents();
      return documents.flatMap(({ event }) => (typeof event['action'] === 'string' ? [event['action']] : []));
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

/**
 * How many events are not in the output. By their texts alone, as one of the two was sent, so that a mistake in our ids
 * does not hide itself. Throws where one is there twice, by its text or by its id, or where one is there that never was.
 */
function countMissing(
  events: readonly SimulatedEvent[],
  documents: readonly OutputDocument[],
  killed: boolean,
): number {
  const texts = new Map<string, SimulatedEvent>();
  for (const event of events) {
    texts.set(event.webhook, event);
    // Of a location, the observation is the event; here each has one.
    const [, observation] = /"observations":\[(\{.*\})\]/.exec(event.webhook) ?? [];
    if (observation !== undefined) texts.set(observation, event);
    if (event.rest !== undefined) texts.set(event.rest.json, event);
  }
  const found = new Map<SimulatedEvent, string>();
  const ids = new Map<string, string>();
  for (const { event, extreme } of documents) {
    const { receipt } = extreme.xiq;
    if (event['dataset'] === 'extreme_xiq.connector') continue;
    const happened = texts.get(event.original);
    if (happened === undefined) throw new Error(`nothing like this ever happened: ${event.original}`);
    const before = found.get(happened) ?? ids.get(event.id);
    const isAllowed = before === undefined || (killed && before === receipt);
    if (!isAllowed) throw new Error(`twice in the output: ${event.id} ${event.original}`);
    found.set(happened, receipt);
    ids.set(event.id, receipt);
  }
  if (ids.size !== found.size) throw new Error(`${found.size} events have ${ids.size} ids`);
  return events.filter((event) => !found.has(event)).length;
}
