// For tests: runs the simulator as a process and reads the receipts it collected.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const main = fileURLToPath(new URL('../../../tools/simulator/src/main.ts', import.meta.url));

const summary = z.object({
  bodies: z.int(),
  events: z.int(),
  /** Bodies by HTTP status, or by the code of the failure. */
  statuses: z.record(z.string(), z.int()),
  receipts: z.int(),
  seconds: z.number(),
});
export type SimulatorSummary = z.output<typeof summary>;

export interface SimulatorOptions {
  readonly url: string;
  readonly secret: string;
  /** 0: until it is ended. */
  readonly events: number;
  /** The same seed produces the same bodies. */
  readonly seed: number;
  readonly connections?: number;
  readonly types?: readonly string[];
  /** File to which it appends receipts. */
  readonly receiptsFile?: string;
}

export interface RunningSimulator {
  /** Resolves when all is sent, or when it was ended. */
  readonly summary: Promise<SimulatorSummary>;
  end(): void;
}

/** Sends at the maximum rate. */
export function startSimulator(options: SimulatorOptions): RunningSimulator {
  const { url, secret, events, seed, connections = 16, types, receiptsFile } = options;
  const args = {
    url: `${url}/webhooks/xiq`,
    'secret-env': 'SECRET',
    rate: '0',
    count: String(events),
    seed: String(seed),
    connections: String(connections),
    ...(types && { types: types.join(',') }),
    ...(receiptsFile !== undefined && { receipts: receiptsFile }),
  };
  const flags = Object.entries(args).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [main, ...flags, '--json'], { env: { SECRET: secret } });
  const said = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return {
    summary: said.then(([stdout, stderr]) => {
      if (stdout === '') throw new Error(`the simulator said nothing but: ${stderr}`);
      return summary.parse(JSON.parse(stdout));
    }),
    end: () => void child.kill('SIGTERM'),
  };
}

export function simulate(options: SimulatorOptions): Promise<SimulatorSummary> {
  return startSimulator(options).summary;
}

const receiptLine = z.object({ receipt: z.string(), messageType: z.string(), events: z.int() });
export type StoredReceipt = z.output<typeof receiptLine>;

export async function readReceipts(file: string): Promise<readonly StoredReceipt[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => receiptLine.parse(JSON.parse(line)));
}
