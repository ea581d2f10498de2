// Starts a server: builds it if needed, waits until it is ready, and removes its data when it stops.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cacheDirectory } from './cache.ts';
import { startCleanupProcess } from './cleanup-process.ts';
import { ensureBuilt } from './ensure-built.ts';
import { freePort } from './free-port.ts';
import { isReady } from './is-ready.ts';
import { logTail } from './log-tail.ts';
import type { Credentials, Launch, Recipe } from './recipe.ts';
import { type ServerProcess, startProcess } from './server-process.ts';
import { TestbedError } from './testbed-error.ts';

export interface StartOptions {
  /** Called with progress messages, for example of a build. Default: none. */
  readonly log?: (line: string) => void;
  /** Timeout until the server is ready, without its build. Default: 120,000. */
  readonly startTimeoutMs?: number;
  /** Timeout of a graceful stop; the server is killed after it. Default: 20,000. */
  readonly stopTimeoutMs?: number;
}

export interface RunningServer {
  readonly name: string;
  /** Without a trailing slash. */
  readonly url: string;
  readonly port: number;
  readonly dataDirectory: string;
  readonly credentials?: Credentials;
  /** JSON file (0600) of `credentials`. */
  readonly credentialsFile?: string;
  /** PEM file of the authority that the server's certificate is to be verified with. */
  readonly caFile?: string;
  /** Of the collector: one line of OTLP JSON for each accepted request. */
  readonly outputFile?: string;
  /** The process group of the server. It changes with `restart`; undefined while the server is not running. */
  processGroup(): number | undefined;
  /** Resolves when the current server process has ended. */
  ended(): Promise<void>;
  /** The last 256 KiB of its output, also after `stop`. */
  logs(): Promise<string>;
  /** Kills the server (SIGKILL) or stops it gracefully (SIGTERM), and keeps its data for `restart`. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Stops the server if it runs, and starts it again with the same port, data and configuration. */
  restart(): Promise<void>;
  /** Stops the server gracefully and removes its data. May be called again. */
  stop(): Promise<void>;
}

const defaultStartTimeoutMs = 120_000;
const defaultStopTimeoutMs = 20_000;
const keptLogBytes = 256 * 1024;
const portAttempts = 3;

/** @throws TestbedError where a tool is missing, the build fails, or the server ends or is not ready in time. */
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
      log(`${name}: another process took its port, trying another one`);
    }
  }
}

async function startOnce(
  name: string,
  prepare: (home: string, port: number) => Promise<Launch>,
  { startTimeoutMs = defaultStartTimeoutMs, stopTimeoutMs = defaultStopTimeoutMs }: StartOptions,
): Promise<RunningServer> {
  const home = await mkdtemp(join(tmpdir(), `xiq-testbed-${name}-`));
  const cleanup = startCleanupProcess(home);
  const logFile = join(home, 'server.log');
  let running: ServerProcess | undefined;
  let lastLogs: string | undefined;

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await running?.end(signal, stopTimeoutMs);
    running = undefined;
    cleanup.watch(undefined);
  }
  async function stop(): Promise<void> {
    if (lastLogs !== undefined) return;
    await end('SIGTERM');
    lastLogs = await logTail(logFile, keptLogBytes);
    await rm(home, { recursive: true, force: true });
    cleanup.dismiss();
  }

  try {
    const port = await freePort();
    const launch = await prepare(home, port);
    const credentialsFile = launch.credentials && join(home, 'credentials.json');
    if (credentialsFile) await writeFile(credentialsFile, `${JSON.stringify(launch.credentials)}\n`, { mode: 0o600 });
    const start = async (): Promise<void> => {
      await mkdir(launch.dataDirectory, { recursive: true });
      running = await startProcess(launch, logFile);
      cleanup.watch(running.pid);
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
        if (lastLogs !== undefined) throw new TestbedError(`${name} was stopped and its data removed: start a new one`);
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

const pollMs = 50;

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
      const output = await logTail(logFile, 4_000);
      const what = ending ?? `${launch.url}${launch.ready.path} did not return ${launch.ready.status}`;
      const message = `${name} did not start: ${what}${late ? ` within ${withinMs / 1000} s` : ''}. Its last output:\n${output}`;
      throw /address already in use|BindException/i.test(output)
        ? new PortTakenError(message)
        : new TestbedError(message);
    }
    if (await isReady(launch)) return;
    await pause(pollMs);
  }
}
