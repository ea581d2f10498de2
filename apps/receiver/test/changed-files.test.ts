// Removes, empties and restores each file of a data directory: a start must not say that nothing is lost if it is unknown.
import { cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { connectAdmin } from '@xiq-siem/admin-api';
import { loadConfiguration } from '@xiq-siem/config';
import { Secret } from '@xiq-siem/core';
import { never } from '@xiq-siem/queries/test-queries';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { startConnector } from '../src/connector.ts';
import { registry } from '../src/registry.ts';
import { createClient } from './client.ts';

const adminFile = z.object({ token: z.string() });
const secret = 'a secret of the test';
/** `slow` reaches no server: every body waits for it. */
const configuration = `
server: { port: 0 }
admin: { port: 0 }
healthEvents: { enabled: false }
journal: { minFreeBytes: 0, segmentBytes: 20000 }
sources: { xiq: { type: xiq, secrets: [ { env: SECRET } ] } }
destinations:
  archive: { type: file, directory: ./out, minFreeBytes: 0, batch: { maxAgeMs: 0 } }
  slow: { type: elasticsearch, nodes: [ 'http://127.0.0.1:9' ], apiKey: { env: SECRET } }
`;

async function startIn(directory: string) {
  const file = join(directory, 'config.yaml');
  await writeFile(file, configuration);
  const loaded = await loadConfiguration(file, registry, { SECRET: secret });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const log = createRecordingLogger();
  const connector = await startConnector(loaded.configuration, { log, now: Date.now });
  const { token } = adminFile.parse(JSON.parse(await readFile(join(directory, 'data/admin.json'), 'utf8')));
  const client = connectAdmin({ url: connector.adminUrl, token: new Secret(token) });
  const webhooks = createClient(connector.url, secret);
  return {
    status: () => client.status({}, never),
    async post(id: number): Promise<void> {
      const body = JSON.stringify([{ id, timestamp: 1_790_000_000_000 + id, description: 'x'.repeat(6_000) }]);
      expect(await webhooks.post('/webhooks/xiq/AUDIT_LOG_ALL', body)).toMatchObject({ status: 202 });
    },
    async stop(): Promise<void> {
      webhooks.close();
      await connector.stop(0);
    },
  };
}

async function untilArchived(connector: Awaited<ReturnType<typeof startIn>>, events: number): Promise<void> {
  const isArchived = async (): Promise<void> => {
    expect((await connector.status()).destinations[0]?.counters.delivered).toBe(events);
  };
  await vi.waitFor(isArchived, { timeout: 20_000 });
}

const half = 6;
const total = 12;
/** Not of interest: made at each start. */
const transient = new Set(['lock', 'lock.json', 'admin.json']);
let root: string;
let files: readonly string[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'changed-files-'));
  const full = join(root, 'full');
  await mkdir(full);
  for (const [name, from, to] of [
    ['older', 0, half],
    ['full', half, total],
  ] as const) {
    const connector = await startIn(full);
    for (let id = from; id < to; id += 1) await connector.post(id);
    await untilArchived(connector, to);
    await connector.stop();
    if (name === 'older') await cp(full, join(root, 'older'), { recursive: true });
  }
  const entries = await readdir(join(full, 'data'), { recursive: true, withFileTypes: true });
  files = entries
    .filter((entry) => entry.isFile() && !transient.has(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(full, 'data').length + 1));
}, 60_000);

afterAll(() => rm(root, { recursive: true, force: true }));

/** Starts with changed files. Resolves with what is wrong, or undefined. */
async function problemAfter(change: (data: string) => Promise<void>): Promise<string | undefined> {
  const directory = await mkdtemp(join(root, 'case-'));
  await cp(join(root, 'full'), directory, { recursive: true });
  await change(join(directory, 'data'));
  const connector = await startIn(directory).catch((error: unknown) => error);
  // A start that is refused loses nothing.
  if (connector instanceof Error) return undefined;
  if (!isRunning(connector)) return 'no error';
  try {
    await connector.post(total);
    const { destinations, journal, gaps, incidents, reconciled } = await connector.status();
    const slow = destinations.find(({ name }) => name === 'slow');
    const isShown = gaps.length > 0 || incidents.length > 0 || journal.lost.length > 0;
    const waits = slow?.lag.bodies ?? 0;
    if (!reconciled) return 'the counters do not reconcile';
    if (waits !== total + 1 && !isShown) return `${waits} of ${total + 1} requests wait for slow, and nothing is shown`;
    return undefined;
  } finally {
    await connector.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

const isRunning = (value: unknown): value is Awaited<ReturnType<typeof startIn>> =>
  typeof value === 'object' && value !== null && 'post' in value;

describe('L13: a start never hides a loss', () => {
  it('the control: nothing is found without a change, and a loss where the whole directory is new', async () => {
    expect(await problemAfter(async () => {})).toBeUndefined();
    const unknowable = await problemAfter((data) => rm(data, { recursive: true }));
    expect(unknowable).toBe('1 of 13 requests wait for slow, and nothing is shown');
  });

  it.each(['removed', 'emptied', 'older'] as const)(
    'after any file was %s',
    async (how) => {
      const problems: string[] = [];
      for (const file of files) {
        const problem = await problemAfter(async (data) => {
          const path = join(data, file);
          if (how === 'removed') await rm(path);
          else if (how === 'emptied') await truncate(path);
          else await cp(join(root, 'older/data', file), path).catch(() => rm(path));
        });
        if (problem !== undefined) problems.push(`${file}: ${problem}`);
      }
      expect(problems).toEqual([]);
    },
    180_000,
  );

  it.each([
    ['positions/slow.position', 'directory', 'position'],
    ['positions/slow.position', 'link to itself', 'position'],
    ['journal/head', 'directory', 'journal'],
    ['journal/gaps', 'directory', 'journal'],
  ])('and never refuses one: %s is a %s', async (file, what, kind) => {
    const directory = await mkdtemp(join(root, 'case-'));
    await cp(join(root, 'full'), directory, { recursive: true });
    const path = join(directory, 'data', file);
    await rm(path, { force: true });
    if (what === 'directory') await mkdir(join(path, 'inner'), { recursive: true });
    else await symlink(path, path);
    const connector = await startIn(directory);
    await connector.post(total);
    const { incidents, destinations } = await connector.status();
    await connector.stop();
    expect(incidents.map((one) => one.kind)).toEqual([kind]);
    expect(destinations.find(({ name }) => name === 'slow')?.lag.bodies).toBe(total + 1);
    // It is stored again, and what had its name is kept.
    if (kind === 'position') expect((await lstat(path)).isFile()).toBe(true);
    expect((await readdir(dirname(path))).join(' ')).toContain(`${basename(file)}.bad-`);
  });

  it.each(['state.sqlite', 'instance.json'])(
    'after a position and %s were removed, the destination starts at the oldest request',
    async (file) => {
      const directory = await mkdtemp(join(root, 'case-'));
      await cp(join(root, 'full'), directory, { recursive: true });
      const data = join(directory, 'data');
      const removed = (await readdir(data)).filter((name) => name.startsWith(file));
      for (const name of [...removed, 'positions/slow.position']) await rm(join(data, name));
      const connector = await startIn(directory);
      const { incidents, destinations } = await connector.status();
      await connector.stop();
      expect(incidents).not.toEqual([]);
      expect(destinations.find(({ name }) => name === 'slow')?.lag.bodies).toBe(total);
    },
  );

  it.each(['journal', 'positions', 'quarantine', 'secrets'])('after the directory %s was removed', async (name) => {
    expect(await problemAfter((data) => rm(join(data, name), { recursive: true }))).toBeUndefined();
  });

  it('after the directories of journal and positions were removed', async () => {
    const directory = await mkdtemp(join(root, 'case-'));
    await cp(join(root, 'full'), directory, { recursive: true });
    for (const name of ['journal', 'positions']) await rm(join(directory, 'data', name), { recursive: true });
    const connector = await startIn(directory);
    const { incidents } = await connector.status();
    await connector.stop();
    expect(incidents.map(({ kind }) => kind)).toEqual(['journal', 'position', 'position']);
    // The incidents stay until they are acknowledged.
    const again = await startIn(directory);
    expect((await again.status()).incidents).toHaveLength(3);
    await again.stop();
  });
});
