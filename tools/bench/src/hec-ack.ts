// Compares delivery of a backlog to Splunk HEC with and without indexer acknowledgement: `node tools/bench/src/hec-ack.ts`.
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { exchange, parseJson } from '@xiq-siem/core';
import { openDataDirectory, openJournal } from '@xiq-siem/journal';
import { prepareState } from '@xiq-siem/state';
import { z } from 'zod';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '60000' },
    rounds: { type: 'string', default: '3' },
    delay: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
});
const agent = new Agent({ keepAlive: true });
const noSignal = new AbortController().signal;
const events = Number(values.events);
const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-bench-'));
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const children = new Set<ChildProcess>();
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? 0;

/** Starts a program and returns the first line of its output that `parse` accepts. */
async function start<Line>(args: readonly string[], parse: (line: string) => Line | undefined) {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { BENCH_TOKEN: 'bench-token' },
  });
  children.add(child);
  let text = '';
  const line = await new Promise<Line>((resolve, reject) => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (read) => {
        text += `${read}\n`;
        const found = parse(read);
        if (found !== undefined) resolve(found);
      });
    }
    child.on('exit', () => reject(new Error(text)));
  });
  const stop = async () => {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
    children.delete(child);
  };
  return { line, stop };
}

/** A data directory with one audit event in each body. */
async function fill(path: string): Promise<void> {
  const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
  const prepare = (at: string, format: 0 | 1) => prepareState(at, format, { now: Date.now, log });
  const data = await openDataDirectory(path, { now: Date.now, log, prepare });
  const bounds = { maxBytes: 2 ** 33, minFreeBytes: 2 ** 20, retainForMs: 72 * 3_600_000, segmentBytes: 2 ** 26 };
  const ageGuard = { mayDeleteByAge: () => false, resume() {}, confirmedMs: () => undefined };
  const journal = await openJournal({
    directory: data.path,
    ...bounds,
    ageGuard,
    now: Date.now,
    log,
    meter: { add() {} },
  });
  const metadata = {
    source: 'xiq',
    messageType: 'AUDIT_LOG_ALL',
    origin: 'webhook',
    receivedAtMs: Date.now(),
  } as const;
  for (let from = 0; from < events; from += 1_000) {
    const bodies = Array.from({ length: Math.min(1_000, events - from) }, (_, index) => {
      const event = { ownerId: 1091, orgId: 0, timeStamp: Date.now(), userId: from + index, code: 10001, category: 1 };
      return Buffer.from(JSON.stringify([{ ...event, description: `Updated network policy ${from + index}` }]));
    });
    await Promise.all(bodies.map((body) => journal.append(metadata, body)));
  }
  await journal.close();
  await data.close();
}

const started = z.object({ event: z.literal('connector.started'), admin: z.url() });
const readiness = z.object({ destinations: z.array(z.object({ lagBodies: z.number() })) });

/** Seconds until the backlog is delivered and confirmed. */
async function measure(name: string, url: string, ack: boolean): Promise<number> {
  const data = join(directory, name);
  await cp(join(directory, 'filled'), data, { recursive: true });
  const splunk = { type: 'splunk-hec', url, token: { env: 'BENCH_TOKEN' }, ack, startAt: 'earliest' };
  const configuration = {
    dataDirectory: data,
    healthEvents: { enabled: false },
    server: { port: 0 },
    admin: { port: 0 },
    sources: { xiq: { type: 'xiq', secrets: [{ managed: true }] } },
    destinations: { splunk },
  };
  await writeFile(`${data}.json`, JSON.stringify(configuration));
  const args = [file('../../../apps/receiver/src/main.ts'), 'serve', '--config', `${data}.json`];
  const { line, stop } = await start(args, (text) => started.safeParse(parseJson(text)).data);
  const startedMs = performance.now();
  const lag = async () => {
    const outcome = await exchange({ method: 'GET', url: new URL('/readyz', line.admin), agent, signal: noSignal });
    const text = outcome.kind === 'response' ? outcome.body.toString() : '';
    return readiness.parse(parseJson(text)).destinations[0]?.lagBodies ?? Number.NaN;
  };
  while ((await lag()) > 0) await setTimeout(20);
  const seconds = (performance.now() - startedMs) / 1_000;
  await stop();
  await rm(data, { recursive: true });
  return seconds;
}

try {
  await fill(join(directory, 'filled'));
  const server = await start(
    [file('./hec-server.ts'), values.delay],
    (text) => z.object({ port: z.int() }).safeParse(parseJson(text)).data,
  );
  const url = `http://127.0.0.1:${server.line.port}`;
  const without: number[] = [];
  const acknowledged: number[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    without.push(await measure(`without-${round}`, url, false));
    acknowledged.push(await measure(`ack-${round}`, url, true));
  }
  await server.stop();
  const ratios = acknowledged.map((seconds, round) => seconds / (without[round] ?? Number.NaN));
  const result = { events, delayMs: Number(values.delay), without, acknowledged, ratios, ratio: median(ratios) };
  if (values.json) console.log(JSON.stringify(result));
  else {
    const rate = (list: readonly number[]) =>
      `${median(list).toFixed(1)} s, ${Math.round(events / median(list))} events/s`;
    console.log(`without acknowledgement: ${rate(without)}`);
    console.log(
      `acknowledged after ${values.delay} ms: ${rate(acknowledged)}; ${median(ratios).toFixed(2)} times (median)`,
    );
  }
} finally {
  agent.destroy();
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
}
