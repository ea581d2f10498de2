// Compares a start with many dead letters and one without, and `dlq list --summary`: `node tools/bench/src/state-start.ts [--entries 250000]`.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openDataDirectory } from '@xiq-siem/journal';
import { openDeadLetters, openState, prepareState } from '@xiq-siem/state';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '250000' },
    bytes: { type: 'string', default: '1200' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const entries = Number(values.entries);
const rounds = Number(values.rounds);
const appendedAtOnce = 5_000;

const main = fileURLToPath(new URL('../../../apps/receiver/src/main.ts', import.meta.url));
const quiet = { debug() {}, info() {}, warn: console.warn, error: console.error };
const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-bench-'));
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? 0;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Writes a configuration with its own data directory. */
async function createPlace(name: string): Promise<{ readonly config: string; readonly data: string }> {
  const data = join(directory, name);
  const config = `${data}.json`;
  await writeFile(
    config,
    JSON.stringify({
      dataDirectory: data,
      healthEvents: { enabled: false },
      server: { port: await freePort() },
      admin: { port: await freePort() },
      deadLetters: { maxBytes: 64 * 2 ** 30 },
      sources: { xiq: { type: 'xiq', secrets: [{ managed: true }] } },
      destinations: { archive: { type: 'file', directory: `${data}-archive` } },
    }),
  );
  return { config, data };
}

async function fill(data: string): Promise<void> {
  const now = Date.now;
  const prepare = (path: string, format: 0 | 1) => prepareState(path, format, { now, log: quiet });
  const opened = await openDataDirectory(data, { now, log: quiet, prepare });
  const state = await openState(data, { now, log: quiet });
  const bounds = { maxBytes: 64 * 2 ** 30, minFreeBytes: 0, directory: data, now, log: quiet };
  const letters = await openDeadLetters(state.database, bounds);
  const text = 'x'.repeat(Number(values.bytes));
  for (let from = 0; from < entries; from += appendedAtOnce) {
    const some = Array.from({ length: Math.min(appendedAtOnce, entries - from) }, (_, index) => {
      const sequence = from + index + 1;
      return letters.append({
        destination: 'archive',
        sequence,
        element: 0,
        id: `2${sequence.toString(16).padStart(40, '0')}`,
        dataset: `extreme_xiq.${['audit', 'auth', 'email', 'sms'][sequence % 4]}`,
        code: ['mapping', 'too_large', 'invalid_data', 'no_index', 'retry_exhausted'][sequence % 5] ?? '',
        message: 'the field cannot be read as a date',
        attempts: 1,
        firstAttemptMs: 1e12 + sequence,
        lastAttemptMs: 1e12 + sequence,
        receipt: 'r1_6gAknpPVjO0AAAAAAAAAPA',
        json: JSON.stringify({ '@timestamp': '2026-01-01T00:00:00Z', message: `${sequence} ${text}` }),
      });
    });
    await Promise.all(some);
  }
  await state.close();
  await opened.close();
}

/** Milliseconds from the spawn until the connector logs that it has started. */
async function startMs(config: string): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [main, 'serve', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      text += `${line}\n`;
    });
  }
  while (!text.includes('connector.started')) {
    if (child.exitCode !== null) throw new Error(text);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const ms = performance.now() - startedMs;
  child.kill('SIGTERM');
  await exited;
  return ms;
}

function summaryMs(config: string): number {
  const startedMs = performance.now();
  const args = [main, 'dlq', 'list', '--summary', '--json', '--config', config];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - startedMs;
}

try {
  const [empty, full] = [await createPlace('empty'), await createPlace('full')];
  const filling = performance.now();
  await fill(full.data);
  const fillSeconds = (performance.now() - filling) / 1000;
  const { size } = await stat(join(full.data, 'state.sqlite'));
  await startMs(empty.config);
  const figures = {
    emptyStartMs: [] as number[],
    fullStartMs: [] as number[],
    emptySummaryMs: [] as number[],
    fullSummaryMs: [] as number[],
  };
  for (let round = 0; round < rounds; round += 1) {
    figures.emptyStartMs.push(await startMs(empty.config));
    figures.fullStartMs.push(await startMs(full.config));
    figures.emptySummaryMs.push(summaryMs(empty.config));
    figures.fullSummaryMs.push(summaryMs(full.config));
  }
  const medians = Object.fromEntries(Object.entries(figures).map(([name, list]) => [name, Math.round(median(list))]));
  const result = {
    entries,
    fileBytes: size,
    bytesPerEntry: Math.round(size / entries),
    fillSeconds: Math.round(fillSeconds),
    ...medians,
  };
  if (values.json) console.log(JSON.stringify(result));
  else for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(16)} ${value}`);
} finally {
  await rm(directory, { recursive: true, force: true });
}
