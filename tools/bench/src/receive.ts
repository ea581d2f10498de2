// Compares durable receive with a bare node:http handler: `node tools/bench/src/receive.ts [--rounds 5] [--json]`.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { Load, LoadResult } from './load.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '128' },
    bytes: { type: 'string', default: '379' },
    json: { type: 'boolean', default: false },
  },
});

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const secret = 'bench-secret';

interface Candidate {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly results: LoadResult[];
}

/** Starts a program and reads its output until a line gives its port. */
async function startCandidate(
  name: string,
  args: readonly string[],
  portOf: (line: string) => number | undefined,
): Promise<Candidate> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { BENCH_SECRET: secret } });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('no output to read');
  const port = await new Promise<number>((resolve, reject) => {
    for (const stream of [stdout, stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        const found = portOf(line);
        if (found !== undefined) resolve(found);
      });
    }
    child.on('exit', (code) => reject(new Error(`${name} ended with ${code} before it listened`)));
  });
  return { name, child, port, results: [] };
}

function apply(load: Load): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    new Worker(file('./load.ts'), { workerData: load }).on('message', resolve).on('error', reject);
  });
}

/** Resident memory of a process in MiB. */
async function residentMiB({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

const readiness = z.object({ destinations: z.array(z.object({ lagBodies: z.number() })) });

/** Waits until the backlog is delivered, so that it does not slow the next round. Resolves with bodies per second. */
async function measureBacklog(): Promise<number> {
  const lag = async (): Promise<number> => {
    const text = await new Promise<string>((resolve, reject) => {
      get(`${adminUrl}/readyz`, (response) => {
        let all = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          all += chunk;
        });
        response.on('end', () => resolve(all));
      }).on('error', reject);
    });
    return Math.max(...readiness.parse(JSON.parse(text)).destinations.map(({ lagBodies }) => lagBodies));
  };
  const before = await lag();
  const from = performance.now();
  while ((await lag()) > 0) await setTimeout(50);
  return Math.round(before / ((performance.now() - from) / 1_000));
}

const backlogRates: number[] = [];
const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-bench-'));
// A file in place of the output directory: the destination is down, and bodies are only stored in the journal.
await writeFile(join(directory, 'down'), '');

async function configuration(name: string, output: string): Promise<string> {
  const path = join(directory, `${name}.yaml`);
  const yaml = `dataDirectory: ./data-${name}
server: { port: 0 }
admin: { port: 0 }
sources: { xiq: { type: xiq, secrets: [ { env: BENCH_SECRET } ] } }
destinations: { archive: { type: file, directory: ${output} } }
`;
  await writeFile(path, yaml);
  return path;
}

const started = z.object({ url: z.url(), admin: z.url() });
let adminUrl = '';

async function startConnector(name: string, output: string): Promise<Candidate> {
  const args = [
    file('../../../apps/receiver/src/main.ts'),
    'serve',
    '--config',
    await configuration(output.replace('/', '-'), `./${output}`),
  ];
  return startCandidate(name, args, (line) => {
    if (!line.includes('connector.started')) return undefined;
    const { url, admin } = started.parse(JSON.parse(line));
    adminUrl = admin;
    return Number(new URL(url).port);
  });
}

const bare = await startCandidate(
  'bare node:http',
  [file('./bare-server.ts')],
  (line) => z.object({ port: z.number() }).parse(JSON.parse(line)).port,
);
const storing = await startConnector('connector, stored (destination down)', 'down/out');
const startedAt = performance.now();
const connector = await startConnector('connector, stored and delivered', 'out');
const startMs = Math.round(performance.now() - startedAt);
const restMiB = await residentMiB(connector.child);

const candidates = [bare, storing, connector];
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const { port, results } of candidates) {
    results.push(
      await apply({
        port,
        path: '/webhooks/xiq/AUDIT_LOG_ALL',
        authorization: `Bearer ${secret}`,
        bodyBytes: Number(values.bytes),
        connections: Number(values.connections),
        seconds: Number(values.seconds),
      }),
    );
    if (port === connector.port) backlogRates.push(await measureBacklog());
  }
}
const loadedMiB = await residentMiB(connector.child);
for (const { child } of candidates) child.kill('SIGKILL');
await rm(directory, { recursive: true, force: true });

const rows = candidates.map(({ name, results }) => ({
  name,
  requestsPerSecond: median(results.map((result) => result.requestsPerSecond)),
  p50Ms: median(results.map((result) => result.p50Ms)),
  p99Ms: median(results.map((result) => result.p99Ms)),
  statuses: results.reduce<Record<string, number>>((sum, { statuses }) => {
    for (const [status, count] of Object.entries(statuses)) sum[status] = (sum[status] ?? 0) + count;
    return sum;
  }, {}),
}));
const ratioOf = ({ results }: Candidate): number =>
  median(results.map((result, round) => result.requestsPerSecond / (bare.results[round]?.requestsPerSecond ?? 1)));
const ratios = { stored: ratioOf(storing), delivered: ratioOf(connector) };
if (values.json)
  console.log(JSON.stringify({ rows, ratios, startMs, restMiB, loadedMiB, drainedPerSecond: median(backlogRates) }));
else {
  console.table(rows.map(({ statuses, ...row }) => ({ ...row, statuses: JSON.stringify(statuses) })));
  console.log(
    `stored / bare: ${ratios.stored.toFixed(2)}, stored and delivered / bare: ${ratios.delivered.toFixed(2)} (medians of ${values.rounds} rounds); start to listening ${startMs} ms; memory at rest ${restMiB} MiB, after load ${loadedMiB} MiB; the backlog is delivered at ${median(backlogRates)} bodies/s`,
  );
}
