// Starts a server: builds it if need be, waits until it answers, and leaves nothing behind when it stops.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { answers } from './answers.ts';
import { cacheDirectory } from './cache.ts';
import { ensureBuilt } from './ensure-built.ts';
import { freePort } from './free-port.ts';
import { logTail } from './log-tail.ts';
import type { Credentials, Launch, Recipe } from './recipe.ts';
import { type ServerProcess, startProcess } from './server-process.ts';
import { TestbedError } from './testbed-error.ts';
import { postWarden } from './warden.ts';

export interface StartOptions {
  /** Told what takes long, a build above all. Default: nobody. */
  readonly log?: (line: string) => void;
  /** How long the server may take to answer, its build not counted. Default: 120,000. */
  readonly startTimeoutMs?: number;
  /** How long the server may take to end in order, before it is killed. Default: 20,000. */
  readonly stopTimeoutMs?: number;
}

export interface RunningServer {
  readonly name: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  readonly dataDirectory: string;
  readonly credentials?: Credentials;
  /** JSON file (0600) of `credentials`. */
  readonly credentialsFile?: string;
  /** PEM file of the authority that the server's certificate is to be verified with. */
  readonly caFile?: string;
  /** The collector's: one OTLP-JSON line for each request that it took. */
  readonly outputFile?: string;
  /** The process group of the server; another one after `restart`, none while it is not running. */
  processGroup(): number | undefined;
  /** Settles when the server that runs now has ended, on its own or not. */
  ended(): Promise<void>;
  /** The last 256 KiB of what it printed; after `stop`, as they were then. */
  logs(): Promise<string>;
  /** Ends the server at once (SIGKILL), or in order (SIGTERM), and keeps its data for `restart`. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Ends the server in order if it runs, and starts it again with the same port, data and configuration. */
  restart(): Promise<void>;
  /** Ends the server in order and removes its data. Safe to call again. */
  stop(): Promise<void>;
}

const defaultStartTimeoutMs = 120_000;
const defaultStopTimeoutMs = 20_000;
const keptLogBytes = 256 * 1024;
const portAttempts = 3;

/** @throws TestbedError when a tool is missing, the build fails, or the server ends or does not answer in time. */
export async function startRecipe<Options extends StartOptions>(
  name: string,
  recipe: Recipe<Options>,
  options: Options,
): Promise<RunningServer> {
  const { log = () => {} } = options;
  const tree = await ensureBuilt(name, recipe, { cache: cacheDirectory(process.env), log });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(name, (home, port) => recipe.launch({ tree, home, port }, options), options);
    } catch (error) {
      if (attempt === portAttempts || !(error instanceof PortTakenError)) throw error;
      log(`${name}: its port was taken by somebody else meanwhile, trying another`);
    }
  }
}

async function startOnce(
  name: string,
  prepare: (home: string, port: number) => Promise<Launch>,
  { startTimeoutMs = defaultStartTimeoutMs, stopTimeoutMs = defaultStopTimeoutMs }: StartOptions,
): Promise<RunningServer> {
  const home = await mkdtemp(join(tmpdir(), `xiq-testbed-${name}-`));
  const warden = postWarden(home);
  const logFile = join(home, 'server.log');
  let running: ServerProcess | undefined;
  let lastLogs: string | undefined;

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await running?.end(signal, stopTimeoutMs);
    running = undefined;
    warden.watch(undefined);
  }
  async function stop(): Promise<void> {
    if (lastLogs !== undefined) return;
    await end('SIGTERM');
    lastLogs = await logTail(logFile, keptLogBytes);
    await rm(home, { recursive: true, force: true });
    warden.dismiss();
  }

  try {
    const port = await freePort();
    const launch = await prepare(home, port);
    const credentialsFile = launch.credentials && join(home, 'credentials.json');
    if (credentialsFile) await writeFile(credentialsFile, `${JSON.stringify(launch.credentials)}\n`, { mode: 0o600 });
    const start = async (): Promise<void> => {
      await mkdir(launch.dataDirectory, { recursive: true });
      running = await startProcess(launch, logFile);
      warden.watch(running.pid);
      await untilReady(name, running, launch, logFile, startTimeoutMs);
    };
    await start();
    const { url, dataDirectory, credentials, caFile, outputFile } = launch;
    return {
      name,
      url,
      port,
      dataDirectory,
      ...(credentials && { credentials }),
      ...(credentialsFile && { credentialsFile }),
      ...(caFile && { caFile }),
      ...(outputFile && { outputFile }),
      processGroup: () => (running?.ending() === undefined ? running?.pid : undefined),
      ended: async () => running?.ended,
      logs: async () => lastLogs ?? (await logTail(logFile, keptLogBytes)),
      kill: (signal = 'SIGKILL') => end(signal),
      async restart() {
        if (lastLogs !== undefined) throw new TestbedError(`${name} was stopped, and its data is gone: start another`);
        await end('SIGTERM');
        await start();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

class PortTakenError extends TestbedError {}

const askEveryMs = 50;

async function untilReady(
  name: string,
  server: ServerProcess,
  launch: Launch,
  logFile: string,
  withinMs: number,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const ending = server.ending();
    const late = performance.now() > deadline;
    if (ending !== undefined || late) {
      const said = await logTail(logFile, 4_000);
      const what = ending ?? `it did not answer ${launch.url}${launch.ready.path} with ${launch.ready.status}`;
      const message = `${name} did not start: ${what}${late ? ` within ${withinMs / 1000} s` : ''}. It said last:\n${said}`;
      throw /address already in use|BindException/i.test(said)
        ? new PortTakenError(message)
        : new TestbedError(message);
    }
    if (await answers(launch)) return;
    await pause(askEveryMs);
  }
}
