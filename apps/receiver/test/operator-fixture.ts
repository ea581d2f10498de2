// For tests: a connector with its configuration, operator commands as processes, and their output.

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { routes, type Status } from '@xiq-siem/admin-api';
import type { z } from 'zod';
import { type Client, createClient } from './client.ts';
import {
  type Ended,
  type RunningConnector,
  runCommand,
  spawnConnector,
  startProcess,
  type TemporaryDirectory,
  temporaryDirectory,
} from './connector-process.ts';

export interface OperatorFixture {
  readonly work: TemporaryDirectory;
  /** Writes the configuration again; omitted keys keep their first values. */
  configure(keys: object): Promise<void>;
  write(file: string, text: string): Promise<void>;
  start(): Promise<OperatedConnector>;
  /** Runs a command. `line`: arguments separated by spaces. */
  run(line: string): Promise<Ended>;
  /** Runs a command with `--json`: its exit code, and every line parsed by the schema of the route. */
  runJson<Answer extends z.ZodType>(
    route: { readonly response: Answer },
    line: string,
  ): Promise<JsonOutput<z.output<Answer>>>;
  /** `status --watch --json`, until it is ended. */
  watchStatus(): StatusWatch;
}

interface JsonOutput<Line> {
  readonly code: Ended['code'];
  readonly lines: readonly Line[];
}

export interface OperatedConnector extends RunningConnector {
  /** Posts one body; resolves with its receipt. */
  post(messageType: string, events: readonly object[]): Promise<string>;
}

export interface StatusWatch {
  /** Everything reported so far. */
  readonly said: readonly Status[];
  end(): Promise<void>;
}

/** `keys`: configuration besides free ports and a source; `files`: written beside it; all within `parent`. */
export async function operatorFixture(
  keys: object,
  files: Readonly<Record<string, string>> = {},
  parent?: string,
): Promise<OperatorFixture & AsyncDisposable> {
  const work = await temporaryDirectory('', {}, parent);
  const clients: Client[] = [];
  const first = {
    server: { port: 0 },
    admin: { port: 0 },
    journal: { minFreeBytes: 0 },
    sources: { xiq: { type: 'xiq', secrets: [{ env: 'XIQ_TEST_SECRET' }] } },
    ...keys,
  };
  const write = (file: string, text: string) => writeFile(join(work.directory, file), text, { mode: 0o600 });
  // JSON is YAML.
  const configure = (more: object) => writeFile(work.configFile, JSON.stringify({ ...first, ...more }));
  await configure({});
  for (const [file, text] of Object.entries(files)) await write(file, text);

  const run = (line: string) => runCommand([...line.split(' '), '--config', work.configFile], work.directory);
  return {
    ...{ work, configure, write, run },
    start: async function startConnector() {
      const connector = await startProcess(work);
      const client = createClient(connector.url, work.secret);
      clients.push(client);
      return {
        ...connector,
        post: async function postEvents(messageType, events) {
          const { status, receipt } = await client.post(`/webhooks/xiq/${messageType}`, JSON.stringify(events));
          if (receipt === undefined) throw new Error(`posting was answered ${status}`);
          return receipt;
        },
      };
    },
    async runJson({ response }, line) {
      const { code, output, stdout } = await run(`${line} --json`);
      const lines = stdout.split('\n').slice(0, -1);
      if (lines.length === 0) throw new Error(`${line} --json ended with ${code} and said nothing but: ${output}`);
      return { code, lines: lines.map((line) => response.parse(JSON.parse(line))) };
    },
    watchStatus() {
      const args = ['status', '--watch', '--every', '1', '--json', '--config', work.configFile];
      const child = spawnConnector(args, work.secret, work.directory);
      const said: Status[] = [];
      if (child.stdout === null) throw new Error('status has no output to read');
      createInterface(child.stdout).on('line', (line) => said.push(routes.status.response.parse(JSON.parse(line))));
      const ended = once(child, 'close');
      return {
        said,
        end: async function endWatch() {
          child.kill('SIGINT');
          await ended;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await work.remove();
    },
  };
}

/** The only element. */
export function only<T>(values: readonly T[]): T {
  const [value, ...rest] = values;
  if (value === undefined || rest.length > 0) throw new Error(`expected one, there are ${values.length}`);
  return value;
}
