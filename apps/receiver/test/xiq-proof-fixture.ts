// For tests: compares all events of the simulated ExtremeCloud IQ with the output of the connector.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CompletenessLine, type Job, routes, type Status } from '@xiq-siem/admin-api';
import type { MessageType, SimulatedEvent, XiqCloudOptions } from '@xiq-siem/simulator';
import type { z } from 'zod';
import type { Ended, OutputDocument, RunningConnector } from './connector-process.ts';
import { until, type XiqFixture, xiqFixture } from './xiq-fixture.ts';

/** Message types with a log. */
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
  /** Writes the configuration; `subscriptions` are additional keys of it. */
  configure(subscriptions?: object): Promise<void>;
  write(file: string, text: string): Promise<void>;
  /** Runs a command. `line`: arguments separated by spaces. */
  runLine(line: string): Promise<Ended>;
  /** With `--json`: its exit code, and every line parsed by the schema of the route. */
  runJson<Answer extends z.ZodType>(
    route: { readonly response: Answer },
    line: string,
  ): Promise<JsonOutput<z.output<Answer>>>;
  status(): Promise<Status>;
  /** `completeness` of a span; default: since the fixture was created. */
  completenessOf(options?: string): Promise<CompletenessResult>;
  /** `--from … --to …`: from before the fixture was created until now. */
  span(): string;
  /**
   * Resolves when every event is in the output once. Rejects for a duplicate or after a timeout. After a kill, a body
   * whose position was not on disk is delivered again: `killed` allows that.
   */
  waitForAll(events: readonly SimulatedEvent[], killed?: 'killed'): Promise<void>;
  /** Actions of the connector's health events. */
  healthEvents(): Promise<readonly string[]>;
}

/** Starts the connector, applies its subscriptions and waits until they are checked. */
export async function subscribed(fixture: ProofFixture): Promise<RunningConnector> {
  const connector = await fixture.start();
  const { code, output } = await fixture.runLine('subscriptions apply --yes');
  if (code !== 0) throw new Error(`apply ended with ${code}: ${output}`);
  await until('all is well', async () => isWell(await fixture.status()));
  return connector;
}

/** No problem needs an operator. */
export const isWell = ({ problems }: Status): boolean => problems.every(({ severity }) => severity === 'notice');

export const jobsOf = ({ work }: ProofFixture): Promise<readonly Job[]> => work.jobs();

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

  const runLine = (line: string): Promise<Ended> => fixture.run(...line.split(' '));
  const runJson: ProofFixture['runJson'] = async ({ response }, line) => {
    const { code, output, stdout } = await runLine(`${line} --json`);
    const lines = stdout.split('\n').slice(0, -1);
    if (lines.length === 0) throw new Error(`${line} --json ended with ${code} and said nothing but: ${output}`);
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
    status: work.status,
    async completenessOf(options = span()) {
      const { code, lines } = await runJson(routes.completeness, `completeness ${options}`);
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
 * Number of events that are not in the output. They are matched by their text alone, so that a wrong id cannot hide an
 * error. Throws for a duplicate text or id, and for an unknown event.
 */
function countMissing(
  events: readonly SimulatedEvent[],
  documents: readonly OutputDocument[],
  killed: boolean,
): number {
  const texts = new Map<string, SimulatedEvent>();
  for (const event of events) {
    texts.set(event.webhook, event);
    // In a location body, the observation is the event; here each body has one.
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
    if (!isAllowed) throw new Error(`twice in the output: ${event.id} of ${before} and ${receipt}: ${event.original}`);
    found.set(happened, receipt);
    ids.set(event.id, receipt);
  }
  if (ids.size !== found.size) throw new Error(`${found.size} events have ${ids.size} ids`);
  return events.filter((event) => !found.has(event)).length;
}
