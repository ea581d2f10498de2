// Measures the effect of state file syncs on the event loop: `node tools/bench/src/state.ts [appends a second] [seconds] [bytes]`.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { openDeadLetters, openState, prepareState } from '@xiq-siem/state';

const [rate = 200, seconds = 5, bytes = 2000] = process.argv.slice(2).map(Number);
const log = { debug() {}, info() {}, warn: console.error, error: console.error };
const now = Date.now;
type Database = Parameters<typeof openDeadLetters>[0];

const parent = await mkdtemp(join(process.env['BENCH_DIRECTORY'] ?? tmpdir(), 'state-bench-'));

async function newDirectory(name: string): Promise<string> {
  const directory = join(parent, name);
  for (const one of ['positions', 'quarantine']) await mkdir(join(directory, one), { recursive: true });
  await prepareState(directory, 0, { now, log });
  return directory;
}

/** The same statements and syncs in this thread. */
function databaseInThisThread(directory: string): Database & { close(): void } {
  const file = new DatabaseSync(join(directory, 'state.sqlite'));
  file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  const run: Database['read'] = async (sql, parameters = []) => file.prepare(sql).all(...parameters);
  return {
    read: run,
    async write(statements) {
      file.exec('BEGIN IMMEDIATE');
      const rows = statements.map(({ sql, parameters = [] }) => file.prepare(sql).all(...parameters));
      file.exec('COMMIT');
      return rows;
    },
    close: () => file.close(),
  };
}

/** Event loop delay (p50, p99, maximum, in ms) and utilization while `append` is called at the rate. */
async function measure(append: (number: number) => Promise<unknown>) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const pending: Promise<unknown>[] = [];
  const started = performance.now();
  const before = performance.eventLoopUtilization();
  delay.enable();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - started) / 1000) * rate);
      while (pending.length < due) pending.push(append(pending.length));
      if (performance.now() - started < seconds * 1000) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  await Promise.all(pending);
  delay.disable();
  const { utilization } = performance.eventLoopUtilization(before);
  const ms = (share: number): number => delay.percentile(share) / 1e6;
  return {
    p50: ms(50),
    p99: ms(99),
    most: delay.max / 1e6,
    busy: utilization,
    took: (performance.now() - started) / 1000,
    count: pending.length,
  };
}

async function appending(database: Database, directory: string) {
  const letters = await openDeadLetters(database, { maxBytes: 2 ** 34, minFreeBytes: 0, directory, now, log });
  const json = JSON.stringify({ text: 'x'.repeat(bytes) });
  return (sequence: number) =>
    letters.append({
      destination: 'siem',
      sequence,
      element: 0,
      id: `${sequence}`,
      dataset: 'extreme_xiq.audit',
      code: 'mapping',
      attempts: 1,
      firstAttemptMs: 1,
      lastAttemptMs: 1,
      json,
      receipt: `r1_${sequence}`,
    });
}

const idle = await measure(async () => undefined);
const apart = await newDirectory('thread');
const state = await openState(apart, { now, log });
const inThread = await measure(await appending(state.database, apart));
await state.close();
const here = await newDirectory('here');
const file = databaseInThisThread(here);
const inMain = await measure(await appending(file, here));
file.close();

console.log(`event loop delay, ${rate} appends/s of ${bytes} bytes for ${seconds} s:`);
for (const [name, { p50, p99, most, busy, count, took }] of Object.entries({
  nothing: idle,
  'in its own thread': inThread,
  'in the main thread': inMain,
})) {
  const ratio = (p99 / idle.p99).toFixed(1);
  console.log(
    `${name.padEnd(20)} p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms (${ratio} of nothing), most ${most.toFixed(1)} ms, busy ${(busy * 100).toFixed(0)} %, ${count} in ${took.toFixed(1)} s`,
  );
}
await rm(parent, { recursive: true });
