// Measures reception with and without admin API load: `node tools/bench/src/admin-load.ts [--rate 2000] [--json]`.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Admin, type AdminWork, adminWorks } from './admin-work.ts';
import type { Measured, PhaseResult } from './steady-sender.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    /** In the journal before the measurement, for scans to read. */
    bodies: { type: 'string', default: '50000' },
    json: { type: 'boolean', default: false },
  },
});

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const secret = 'bench-secret';
const children: ChildProcess[] = [];

function start(args: readonly string[]) {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { BENCH_SECRET: secret } });
  children.push(child);
  child.stderr.resume();
  return child;
}

const started = z.object({ event: z.literal('connector.started'), url: z.url(), admin: z.url() });

async function startConnector(directory: string): Promise<Admin & { readonly port: number }> {
  const config = join(directory, 'config.yaml');
  await writeFile(
    config,
    `server: { port: 0 }
admin: { port: 0 }
sources: { xiq: { type: xiq, secrets: [ { env: BENCH_SECRET } ] } }
destinations: { archive: { type: file, directory: ./out, minFreeBytes: 0 } }
`,
  );
  const child = start([file('../../../apps/receiver/src/main.ts'), 'serve', '--config', config]);
  for await (const line of createInterface({ input: child.stderr })) {
    if (!line.includes('connector.started')) continue;
    const { url, admin } = started.parse(JSON.parse(line));
    const adminFile = await readFile(join(directory, 'data/admin.json'), 'utf8');
    child.stderr.resume();
    child.stdout.resume();
    return {
      url: admin,
      token: z.object({ token: z.string() }).parse(JSON.parse(adminFile)).token,
      port: Number(new URL(url).port),
    };
  }
  throw new Error('the connector ended before it listened');
}

function startLoad(port: number, rate: number) {
  const child = start([file('./steady-load.ts')]);
  const send = (order: object): void => void child.stdin.write(`${JSON.stringify(order)}\n`);
  const path = '/webhooks/xiq/AUDIT_LOG_ALL';
  send({ port, path, rate, connections: Number(values.connections), secrets: [secret] });
  return {
    phase: (name: string) => send({ phase: name }),
    async end(): Promise<Measured> {
      send({ end: true });
      for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
      throw new Error('the load ended without a result');
    },
  };
}

const alone = 'nothing';
const works: ReadonlyMap<string, AdminWork> = new Map(Object.entries(adminWorks));
const responseCounts = new Map<string, number>();
const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-bench-'));
try {
  const connector = await startConnector(directory);
  const filling = startLoad(connector.port, 10_000);
  await setTimeout(Number(values.bodies) / 10);
  await filling.end();

  const load = startLoad(connector.port, Number(values.rate));
  const ms = Number(values.seconds) * 1_000;
  await setTimeout(1_000);
  for (let round = 0; round < Number(values.rounds); round += 1) {
    load.phase(alone);
    await setTimeout(ms);
    for (const [name, work] of works) {
      const stopping = new AbortController();
      load.phase(name);
      const done = work(connector, stopping.signal);
      await Promise.race([setTimeout(ms), done]);
      stopping.abort();
      responseCounts.set(name, (responseCounts.get(name) ?? 0) + (await done));
      load.phase('between');
      await setTimeout(200);
    }
  }
  const { phases, connectionsOpened } = await load.end();
  const base = summaryOf(alone, phases);
  const rows = [alone, ...works.keys()].map((name) => {
    const row = summaryOf(name, phases);
    return {
      ...row,
      throughput: row.perSecond / base.perSecond,
      p99: row.p99Ms / base.p99Ms,
      responseCounts: responseCounts.get(name),
    };
  });
  if (values.json) console.log(JSON.stringify({ rows, connectionsOpened }));
  else {
    console.table(
      rows.map(({ name, perSecond, throughput, p50Ms, p99Ms, p99, responses, responseCounts: asked }) => ({
        ...{ 'beside reception': name, 'requests/s': Math.round(perSecond), 'of alone': throughput.toFixed(2) },
        ...{ 'p50 ms': p50Ms, 'p99 ms': p99Ms, 'p99 of alone': p99.toFixed(2), responses: JSON.stringify(responses) },
        'admin responses': asked,
      })),
    );
    console.log(
      `medians of ${values.rounds} rounds at ${values.rate} requests/s; ${connectionsOpened} connections were opened`,
    );
  }
} finally {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
}

function summaryOf(name: string, phases: readonly PhaseResult[]) {
  const ofName = phases.filter((phase) => phase.name === name);
  const median = (of: (phase: PhaseResult) => number): number =>
    ofName.map(of).sort((a, b) => a - b)[Math.floor(ofName.length / 2)] ?? 0;
  const responses: Record<string, number> = {};
  for (const phase of ofName) {
    for (const [response, count] of Object.entries(phase.responses))
      responses[response] = (responses[response] ?? 0) + count;
  }
  return {
    ...{ name, responses, p50Ms: median(({ p50Ms }) => p50Ms), p99Ms: median(({ p99Ms }) => p99Ms) },
    perSecond: median(
      ({ seconds, responses: got }) => Object.values(got).reduce((sum, count) => sum + count, 0) / seconds,
    ),
  };
}
