import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replayRequest } from '@xiq-siem/admin-api';
import { openJobs, spanOf } from '@xiq-siem/jobs/test-jobs';
import {
  audit,
  destinations,
  type Fixture,
  linesOf,
  never,
  openFixture,
  unavailable,
  until,
  verdictWhere,
} from '@xiq-siem/queries/test-queries';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openSnapshotOperations } from './snapshot-operations.ts';
import { runTest } from './test-session.ts';

/** All files of the data directory, with their content. */
async function filesOf({ directory }: Fixture): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(join(directory, 'data'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[path] = await readFile(path, 'latin1');
  }
  return found;
}

test('reading operations answer from the files of a stopped connector, as snapshots, and change no file', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('rejected', (json) => json.includes('number 2'));
  const receipt = await fixture.keep([audit(1, { riskScore: 1 }), audit(2)]);
  await fixture.settled();
  fixture.siem('one').response = unavailable;
  const { start, jobOf, stop } = await openJobs(fixture);
  const { id } = await start('replay', replayRequest.parse(spanOf(fixture)));
  await until(() => jobOf(id).streams[0]?.state === 'backing_off');
  await stop();
  const configuration = fixture.pipeline.configuration();
  await fixture.stop();
  const before = await filesOf(fixture);

  const snapshot = await openSnapshotOperations(configuration, '1.2.3');
  expect(await snapshot.status({}, never)).toMatchObject({
    snapshot: true,
    reconciled: true,
    deadLetters: { open: 1 },
    destinations: [{ name: 'one', state: 'unknown', counters: { normalized: 2, delivered: 1, deadLettered: 1 } }],
  });
  expect(await snapshot.traceReceipt({ receipt }, never)).toMatchObject({
    snapshot: true,
    events: [
      { destinations: [{ verdict: 'delivered' }] },
      { destinations: [{ verdict: 'dead_lettered', message: 'no such field' }] },
    ],
  });
  expect(await snapshot.listDeadLetters({}, never)).toMatchObject({ snapshot: true, open: 1 });
  expect(await snapshot.jobs({}, never)).toMatchObject({ snapshot: true, jobs: [{ id, state: 'interrupted' }] });
  const unmapped = (await linesOf(snapshot.unmapped({}, never))).at(-1);
  expect(unmapped).toMatchObject({
    kind: 'end',
    snapshot: true,
    types: [{ fields: [{ path: 'riskScore' }] }],
    authentication: [],
  });
  const preview = (await linesOf(snapshot.previewReplay(spanOf(fixture), never))).at(-1);
  expect(preview).toMatchObject({ kind: 'end', snapshot: true, events: 2, changed: 0 });
  expect(await snapshot.check({}, never)).toMatchObject({ snapshot: true, destinations: [{ name: 'one', ok: false }] });
  await snapshot.close();
  expect(await filesOf(fixture)).toEqual(before);
});

test('a new mapping file is compared with the built-in mapping', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  const rules = 'auditCodes: { "99001": { action: ssid-changed, type: [change] } }\n';
  const configuration = await fixture.configure(destinations('one'), {}, rules);
  await fixture.stop();
  const snapshot = await openSnapshotOperations(configuration, '1.2.3');
  const preview = (await linesOf(snapshot.previewReplay(spanOf(fixture), never))).at(-1);
  expect(preview).toMatchObject({ events: 1, changed: 1, idsChanged: 0 });
  await snapshot.close();
});

test('Operator: with an unreadable state file, status shows journal and positions, and the file as a problem', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1), audit(2)]);
  await fixture.settled();
  const configuration = fixture.pipeline.configuration();
  await fixture.stop();
  await rm(join(fixture.data.path, 'state.sqlite-wal'), { force: true });
  await writeFile(join(fixture.data.path, 'state.sqlite'), 'no database'.repeat(1_000));
  const snapshot = await openSnapshotOperations(configuration, '1.2.3');
  const { code, text } = await runTest(['status'], snapshot, { snapshot: true });
  expect(code).toBe(1);
  expect(text).toMatch(/^NOT RUNNING: no request waits; 1 other problem\n/);
  expect(text).toMatch(/^one +unknown +0 .* 2 +0 +\?$/m);
  expect(text).toContain('state.sqlite');
  expect(text).toContain('dead letters open: unknown');
  const [status] = (await runTest(['status', '--json'], snapshot, { snapshot: true })).json();
  expect(status).toMatchObject({ problems: [{ code: 'not_running' }, { code: 'state_unreadable' }], reconciled: true });
  await snapshot.close();
});

test('Operator: a configured destination that never started has no lag; the last webhook is found in the journal', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  const configuration = await fixture.configure(destinations('one', 'new'));
  await fixture.stop();
  const snapshot = await openSnapshotOperations(configuration, '1.2.3');
  const status = await snapshot.status({}, never);
  const [, added] = status.destinations;
  expect(added).toMatchObject({ name: 'new', state: 'not_started', lag: { bodies: 0, bytes: 0, seconds: 0 } });
  expect(status.sources).toEqual([{ name: 'xiq', lastReceived: expect.any(String) }]);
  expect(status.problems.map(({ code }) => code)).toEqual(['not_running']);
  await snapshot.close();
});

test('an unreadable instance file does not prevent a snapshot', async () => {
  await using fixture = await openFixture(destinations('one'));
  const configuration = fixture.pipeline.configuration();
  await fixture.stop();
  await writeFile(join(fixture.directory, 'data/instance.json'), '{"id":');
  const snapshot = await openSnapshotOperations(configuration, '1.2.3');
  expect(await snapshot.status({}, never)).toMatchObject({ instanceId: 'unknown' });
  await snapshot.close();
});

const fixtures = new URL('../../state/src/fixtures/', import.meta.url);
const counts = z.object({ open: z.int(), delivered: z.int(), dropped: z.int() });
/** What the version that wrote the directory read from it. */
const expectedOfFormat1 = z.object({
  deadLetters: z.object({
    counts: z.object({ archive: counts, splunk: counts }),
    open: z.array(z.object({ number: z.int(), destination: z.string(), code: z.string() })),
  }),
  jobs: z.object({ records: z.array(z.object({ job: z.object({ id: z.string(), state: z.string() }) })) }),
  journal: z.object({ extent: z.object({ firstSequence: z.int(), nextSequence: z.int() }) }),
});

test('status, dlq list and jobs read a directory of format 1 and change no file', async () => {
  const text = await readFile(new URL('format-1.expected.json', fixtures), 'utf8');
  const { deadLetters, jobs, journal } = expectedOfFormat1.parse(JSON.parse(text));
  await using fixture = await openFixture(destinations('archive', 'splunk'));
  const configuration = fixture.pipeline.configuration();
  await fixture.stop();
  await rm(fixture.data.path, { recursive: true });
  await cp(new URL('format-1', fixtures), fixture.data.path, { recursive: true });
  const before = await filesOf(fixture);

  const snapshot = await openSnapshotOperations(configuration, '1.2.3');
  const runJson = async (...args: readonly string[]): Promise<unknown> =>
    (await runTest([...args, '--json'], snapshot, { snapshot: true })).json()[0];
  expect(await runJson('status')).toMatchObject({
    snapshot: true,
    journal: journal.extent,
    notConfigured: [{ name: 'lab' }],
    incidents: [],
    deadLetters: { open: deadLetters.open.length },
    destinations: [
      { name: 'archive', deadLetters: { ...deadLetters.counts.archive, unaccounted: 0 } },
      // The record of one dead letter is damaged.
      { name: 'splunk', deadLetters: { ...deadLetters.counts.splunk, unaccounted: 1 } },
    ],
  });
  expect(await runJson('dlq', 'list', '--all')).toMatchObject({ snapshot: true, entries: deadLetters.open });
  expect(await runJson('jobs')).toMatchObject({
    jobs: expect.arrayContaining(jobs.records.map(({ job }) => expect.objectContaining(job))),
  });
  await snapshot.close();
  expect(await filesOf(fixture)).toEqual(before);
});
