// For tests: an open-loop load in a separate process, which the work of the test does not slow down.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const main = fileURLToPath(new URL('../../../tools/bench/src/steady-load.ts', import.meta.url));

const phase = z.object({
  name: z.string(),
  seconds: z.number(),
  due: z.int(),
  /** By HTTP status, or by the error of the connection. */
  responses: z.record(z.string(), z.int()),
  p50Ms: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
});
const measured = z.object({ phases: z.array(phase), connectionsOpened: z.int() });
export type Measured = z.output<typeof measured>;

export interface SteadyLoad {
  /** Secrets to use in turn from now on. Resolves when no request with another secret is in flight. */
  use(...secrets: readonly string[]): Promise<void>;
  /** Starts a new phase with this name. */
  phase(name: string): void;
  /** Resolves when every due request has its response. */
  end(): Promise<Measured>;
  /** Receipts of all 202 responses, after the end. */
  receipts(): Promise<readonly string[]>;
}

export interface SteadyLoadOptions {
  readonly url: string;
  readonly secret: string;
  /** Requests per second. */
  readonly rate: number;
  readonly connections?: number;
  readonly receiptsFile: string;
}

export function startSteadyLoad(options: SteadyLoadOptions): SteadyLoad & Disposable {
  const { url, secret, rate, connections = 64, receiptsFile } = options;
  const child = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'], env: {} });
  const tell = (order: object): void => void child.stdin.write(`${JSON.stringify(order)}\n`);
  const port = Number(new URL(url).port);
  tell({ port, path: '/webhooks/xiq/AUDIT_LOG_ALL', rate, connections, secrets: [secret], receiptsFile });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const response = async (order: object): Promise<unknown> => {
    tell(order);
    const { value } = await lines.next();
    return JSON.parse(value ?? '');
  };
  return {
    use: async (...secrets) => void (await response({ secrets })),
    phase: (name) => tell({ phase: name }),
    end: async () => measured.parse(await response({ end: true })),
    receipts: async () => (await readFile(receiptsFile, 'utf8')).split('\n').slice(0, -1),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}

/** Responses of all phases together. */
export function responsesOf({ phases }: Measured): Readonly<Record<string, number>> {
  const all: Record<string, number> = {};
  for (const { responses } of phases) {
    for (const [response, count] of Object.entries(responses)) all[response] = (all[response] ?? 0) + count;
  }
  return all;
}

/** For the log of a test. */
export function summaryOf({ phases, connectionsOpened }: Measured): string {
  const lines = phases.map(
    ({ name, seconds, responses, p50Ms, p99Ms, maxMs }) =>
      `${name}: ${seconds} s, ${JSON.stringify(responses)}, p50 ${p50Ms} ms, p99 ${p99Ms} ms, most ${maxMs} ms`,
  );
  return `${lines.join('\n')}\n${connectionsOpened} connections were opened`;
}
