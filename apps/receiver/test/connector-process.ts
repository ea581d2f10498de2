// For tests: runs the connector as a process that can be killed and restarted on one directory.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAdmin, type Job, readAdminFile, type Status } from '@xiq-siem/admin-api';
import { z } from 'zod';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** More than half of the processor time of a command is to compile its modules. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/xiq-siem-compile', import.meta.url));

export interface TemporaryDirectory {
  readonly directory: string;
  readonly configFile: string;
  readonly secret: string;
  /** Every document in `out`, file by file: whole lines only. Throws for a torn line if no connector runs. */
  documents(): Promise<readonly OutputDocument[]>;
  /** Of the running connector, by its admin API: a condition that is polled must not start a process each time. */
  status(): Promise<Status>;
  jobs(): Promise<readonly Job[]>;
  remove(): Promise<void>;
}

const never = new AbortController().signal;
/** The last line of a file may be incomplete while it is written. */
const running = new Set<{ readonly directory: string }>();

const outputDocument = z.looseObject({
  event: z.looseObject({ id: z.string(), original: z.string() }),
  extreme: z.looseObject({ xiq: z.looseObject({ receipt: z.string() }) }),
});
export type OutputDocument = z.output<typeof outputDocument>;

/**
 * Creates a directory with a configuration within `parent`. `yaml` is added to a configuration that listens on free
 * ports and may fill the disk; `destinations` are added to the one named `archive`.
 */
export async function temporaryDirectory(
  yaml = '',
  destinations: Readonly<Record<string, object>> = {},
  parent = tmpdir(),
): Promise<TemporaryDirectory> {
  const directory = await mkdtemp(join(parent, 'xiq-siem-'));
  const configFile = join(directory, 'config.yaml');
  const others = Object.entries(destinations).map(([name, entry]) => `, ${name}: ${JSON.stringify(entry)}`);
  await writeFile(
    configFile,
    `server: { port: 0 }
admin: { port: 0 }
destinations: { archive: { type: file, directory: ./out, minFreeBytes: 0 }${others.join('')} }
sources: { xiq: { type: xiq, secrets: [ { env: XIQ_TEST_SECRET } ] } }
${yaml}`,
  );
  /** What was parsed before: a poll parses only what was appended since. */
  const parsed = new Map<string, { readonly bytes: Buffer; readonly documents: readonly OutputDocument[] }>();
  async function documentsIn(name: string, isWritten: boolean): Promise<readonly OutputDocument[]> {
    const bytes = await readFile(join(directory, 'out', name));
    const end = bytes.lastIndexOf('\n') + 1;
    if (!isWritten && end < bytes.length) throw new Error('the last line of a file is torn');
    const last = parsed.get(name);
    const before = last !== undefined && bytes.subarray(0, last.bytes.length).equals(last.bytes) ? last : undefined;
    const lines = bytes
      .toString('utf8', before?.bytes.length ?? 0, end)
      .split('\n')
      .slice(0, -1);
    const documents = [...(before?.documents ?? []), ...lines.map((line) => outputDocument.parse(JSON.parse(line)))];
    parsed.set(name, { bytes: bytes.subarray(0, end), documents });
    return documents;
  }
  const admin = async () => connectAdmin(await readAdminFile(join(directory, 'data')));
  return {
    directory,
    configFile,
    secret: 'canary-4711',
    status: async () => (await admin()).status({}, never),
    jobs: async () => (await (await admin()).jobs({}, never)).jobs,
    async documents() {
      const isWritten = [...running].some((one) => one.directory === directory);
      const names = await readdir(join(directory, 'out')).catch(() => []);
      return (await Promise.all(names.sort().map((name) => documentsIn(name, isWritten)))).flat();
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

export interface RunningConnector {
  /** Resolves when it listens. */
  readonly url: string;
  readonly adminUrl: string;
  readonly pid: number;
  /** Resolves with the exit code, or with the signal that ended the process. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Standard output and standard error so far. */
  output(): string;
  /** Sends a signal to the node process; resolves with its exit code, or with the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

type Environment = Readonly<Record<string, string>>;

const started = z.object({ event: z.literal('connector.started'), url: z.string(), admin: z.string() });

/** `tracer`: a command line that runs node as a direct child of the test, as `strace -D` does. */
export async function startProcess(
  { configFile, secret, directory }: TemporaryDirectory,
  tracer: readonly string[] = [],
  environment: Environment = {},
): Promise<RunningConnector> {
  const child = spawnConnector(['serve', '--config', configFile], secret, directory, tracer, environment);
  let output = '';
  const listening = Promise.withResolvers<z.output<typeof started>>();
  const onText = (text: string): void => {
    output += text;
    for (const line of output.split('\n').slice(0, -1)) {
      if (!line.includes('connector.started')) continue;
      const parsed = started.safeParse(JSON.parse(line));
      if (parsed.success) listening.resolve(parsed.data);
    }
  };
  child.stdout?.setEncoding('utf8').on('data', onText);
  child.stderr?.setEncoding('utf8').on('data', onText);
  const process = { directory };
  running.add(process);
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) => {
    running.delete(process);
    return exitOf(code, signal);
  });
  const early = ended.then((code): never => {
    throw new Error(`the connector ended with ${code} before it listened:\n${output}`);
  });
  const { url, admin } = await Promise.race([listening.promise, early]);
  early.catch(() => {});
  return {
    url,
    adminUrl: admin,
    pid: child.pid ?? 0,
    ended,
    output: () => output,
    end: function endConnector(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

export interface Ended {
  readonly code: number | NodeJS.Signals;
  /** Standard output and standard error in the order received. */
  readonly output: string;
  readonly stdout: string;
}

/** Runs a command to its end. */
export async function runCommand(
  args: readonly string[],
  cwd: string,
  secret = 'canary-4711',
  environment: Environment = {},
): Promise<Ended> {
  const child = spawnConnector(args, secret, cwd, [], environment);
  let output = '';
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code, signal]: unknown[] = await once(child, 'close');
  return { code: exitOf(code, signal), output, stdout };
}

/** Starts any command of `xiq-siem` with its output in pipes. */
export function spawnConnector(
  args: readonly string[],
  secret: string,
  cwd: string,
  tracer: readonly string[] = [],
  environment: Environment = {},
): ChildProcess {
  const { PATH, HOME } = process.env;
  const [command = process.execPath, ...rest] = [...tracer, process.execPath, main, ...args];
  // A tracer counts system calls.
  const cache = tracer.length === 0 ? { NODE_COMPILE_CACHE: compileCache } : {};
  return spawn(command, rest, { cwd, env: { PATH, HOME, ...cache, XIQ_TEST_SECRET: secret, ...environment } });
}

const exit = z.union([z.number(), z.custom<NodeJS.Signals>((value) => typeof value === 'string')]);

function exitOf(code: unknown, signal: unknown): number | NodeJS.Signals {
  return exit.parse(code ?? signal);
}
