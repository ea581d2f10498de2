// Measures appends per second of the journal: `node tools/bench/src/journal-append.ts [appenders] [seconds] [bytes]`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataDirectory, openJournal } from '@xiq-siem/journal';

const [appenders = 128, seconds = 5, bytes = 379] = process.argv.slice(2).map(Number);
const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };
const metadata = {
  source: 'xiq',
  messageType: 'AUTHENTICATION_LOG_ALL',
  origin: 'webhook',
  receivedAtMs: Date.now(),
  contentType: 'application/json',
  remoteAddress: '127.0.0.1',
} as const;

const path = await mkdtemp(join(process.env['BENCH_DIRECTORY'] ?? tmpdir(), 'journal-append-'));
const data = await openDataDirectory(path, { now: Date.now, log: quiet, prepare: async () => {} });
let syncs = 0;
const journal = await openJournal({
  directory: data.path,
  maxBytes: 10 * 1024 ** 3,
  minFreeBytes: 1024 ** 3,
  retainForMs: 72 * 3_600_000,
  segmentBytes: 64 * 1024 ** 2,
  now: Date.now,
  ageGuard: { mayDeleteByAge: () => false, resume() {}, confirmedMs: () => undefined },
  log: quiet,
  meter: {
    add(name, value) {
      if (name === 'xiq_siem.journal.syncs') syncs += value;
    },
  },
});

const body = Buffer.alloc(bytes, '{"event":"something that a sender has seen"}');
const times: number[] = [];
const started = performance.now();
const end = started + seconds * 1000;
async function appender(): Promise<void> {
  while (performance.now() < end) {
    const before = performance.now();
    await journal.append(metadata, body);
    times.push(performance.now() - before);
  }
}
await Promise.all(Array.from({ length: appenders }, appender));
const took = (performance.now() - started) / 1000;

times.sort((a, b) => a - b);
const ms = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(2);
const rate = Math.round(times.length / took);
console.log(
  `append: ${rate}/s, ${appenders} appenders, ${bytes} bytes, p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms, ${Math.round(times.length / syncs)} bodies a sync`,
);

const reader = journal.reader(1);
const signal = new AbortController().signal;
const readStarted = performance.now();
let read = 0;
while (read < times.length) {
  read += (await reader.read({ maxBodies: 1000, maxBytes: 4 * 1024 ** 2 }, signal)).length;
}
console.log(`read: ${Math.round(read / ((performance.now() - readStarted) / 1000))}/s, ${read} bodies`);

await reader.close();
await journal.close();
await data.close();
await rm(path, { recursive: true });
