// For tests: the connector as a process with one Elasticsearch, and queries for its events.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredDeadLetter } from '@xiq-siem/state';
import type { RunningServer } from '@xiq-siem/testbed';
import { z } from 'zod';
import { createClient } from './client.ts';
import { runCommand, startProcess, temporaryDirectory } from './connector-process.ts';
import { type Elastic, elasticOf } from './elastic-server.ts';
import { deadLettersIn } from './state-file.ts';

export interface ElasticFixtureOptions {
  /** Namespace of the data streams, which separates the tests on one server. */
  readonly namespace: string;
  /** More keys of the destination. */
  readonly keys?: object;
  /** Files beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface ElasticFixture {
  readonly elastic: Elastic;
  streamOf(family: string): string;
  write(file: string, text: string): Promise<void>;
  /** `xiq-siem setup elastic --yes`. */
  setup(): Promise<void>;
  start(): Promise<ElasticConnector>;
  remove(): Promise<void>;
}

export interface ElasticConnector {
  /** Posts one body, with or without a message type. */
  post(events: readonly object[], messageType?: string): Promise<void>;
  status(): Promise<ElasticStatus>;
  output(): string;
  /** Number of posted events that a search finds, by data set. */
  found(): Promise<Readonly<Record<string, number>>>;
  /** Stops it gracefully and returns the outcome of every posted event by id. */
  end(): Promise<Outcome>;
}

export interface Outcome {
  /** Event ids in the archive, which is never blocked. */
  readonly posted: ReadonlySet<string>;
  /** Event ids that a search in the data streams finds. */
  readonly found: ReadonlySet<string>;
  readonly deadLetters: readonly StoredDeadLetter[];
}

const status = z.object({
  name: z.string(),
  state: z.string(),
  reason: z.string().nullable().default(null),
  blocked: z.object({ events: z.int(), code: z.string(), message: z.string().optional() }).nullable().default(null),
  lastMessage: z.string().optional(),
  open: z.int(),
  pluginFaults: z.int(),
  possibleDuplicates: z.int(),
  counters: z.object({
    delivered: z.int(),
    degraded: z.int(),
    duplicate: z.int(),
    deadLettered: z.int(),
    filtered: z.int(),
    damaged: z.int(),
  }),
});
const readiness = z.object({ status: z.string(), destinations: z.array(status) });
export type ElasticStatus = z.output<typeof status>;

/** Counters of a destination without failures, and its status without events in flight. */
export const clean = { degraded: 0, duplicate: 0, deadLettered: 0, filtered: 0, damaged: 0 };
export const healthy = {
  state: 'running',
  reason: null,
  blocked: null,
  open: 0,
  pluginFaults: 0,
  possibleDuplicates: 0,
};

export async function elasticFixture(
  server: RunningServer,
  { namespace, keys = {}, files = {} }: ElasticFixtureOptions,
): Promise<ElasticFixture> {
  const here = await temporaryDirectory();
  const elastic = await elasticOf(server);
  const streams = `logs-extreme_xiq.*-${namespace}`;
  const write = (file: string, text: string) => writeFile(join(here.directory, file), text, { mode: 0o600 });
  // JSON is YAML.
  const configuration = {
    server: { port: 0 },
    admin: { port: 0 },
    // Tests count the events that they posted.
    healthEvents: { enabled: false },
    sources: { xiq: { type: 'xiq', namespace, secrets: [{ env: 'XIQ_TEST_SECRET' }] } },
    destinations: {
      archive: { type: 'file', directory: './out', minFreeBytes: 0 },
      elastic: { type: 'elasticsearch', nodes: [server.url], ...keys },
    },
  };
  await writeFile(here.configFile, JSON.stringify(configuration));
  for (const [file, text] of Object.entries(files)) await write(file, text);

  return {
    elastic,
    write,
    streamOf: (family) => `logs-extreme_xiq.${family}-${namespace}`,
    remove: () => here.remove(),
    setup: async function setupElastic() {
      const args = ['setup', 'elastic', '--yes', '--config', here.configFile];
      const { code, output } = await runCommand(args, here.directory);
      if (code !== 0) throw new Error(`setup ended with ${code}: ${output}`);
    },
    start: async function startConnector() {
      const connector = await startProcess(here);
      const client = createClient(connector.url, here.secret);
      return {
        output: connector.output,
        post: async function postEvents(events, messageType) {
          const path = messageType === undefined ? '/webhooks/xiq' : `/webhooks/xiq/${messageType}`;
          const response = await client.post(path, JSON.stringify(events));
          if (response.status !== 202) throw new Error(`posting was answered ${response.status}`);
        },
        status: async function elasticStatus() {
          const { body } = await client.get(`${connector.adminUrl}/readyz`);
          const { status: ready, destinations } = readiness.parse(JSON.parse(body));
          const found = destinations.find(({ name }) => name === 'elastic');
          if (ready !== 'ready' || found === undefined) throw new Error(`readyz answered ${body}`);
          return found;
        },
        found: async function countFound() {
          const sources = (await elastic.search(streams)).map(({ _source }) => datasetOf.parse(_source).event.dataset);
          const groups = Object.entries(Object.groupBy(sources, (dataset) => dataset));
          return Object.fromEntries(groups.map(([dataset, all = []]) => [dataset, all.length]));
        },
        end: async function endConnector() {
          client.close();
          const code = await connector.end('SIGTERM');
          if (code !== 0) throw new Error(`the connector ended with ${code}: ${connector.output()}`);
          const hits = await elastic.search(streams);
          return {
            posted: new Set((await here.documents()).map(({ event }) => event.id)),
            found: new Set(hits.map(({ _id }) => _id)),
            deadLetters: await deadLettersIn(here.directory),
          };
        },
      };
    },
  };
}

const datasetOf = z.object({ event: z.object({ dataset: z.string() }) });
