import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replayRequest } from '@xiq-siem/admin-api';
import { openJobs, spanOf } from '@xiq-siem/jobs/test-desk';
import {
  audit,
  away,
  destinations,
  judging,
  linesOf,
  never,
  openPlace,
  type Place,
  until,
} from '@xiq-siem/queries/test-place';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openSnapshotOperations } from './snapshot-operations.ts';
import { runTest } from './test-session.ts';

/** Every file of the data directory, with its content. */
async function filesOf({ directory }: Place): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(join(directory, 'data'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[path] = await readFile(path, 'latin1');
  }
  return found;
}

test('of a stopped connector all that reads is answered, marked as a snapshot, and no file is touched', async () => {
  await using place = await openPlace(destinations('one'));
  place.siem('one').answer = judging('rejected', (json) => json.includes('number 2'));
  const receipt = await place.keep([audit(1, { riskScore: 1 }), audit(2)]);
  await place.settled();
  place.siem('one').answer = away;
  const { begin, jobOf, stop } = await openJobs(place);
  const { id } = await begin('replay', replayRequest.parse(spanOf(place)));
  await until(() => jobOf(id).lanes[0]?.state === 'backing_off');
  await stop();
  const configuration = place.pipeline.configuration();
  await place.stop();
  const before = await filesOf(place);

  const snapshot = await openSnapshotOperations(configuration, '1.2.3');
  expect(await snapshot.status({}, never)).toMatchObject({
    snapshot: true,
    holds: true,
    deadLetters: { open: 1 },
    destinations: [{ name: 'one', state: 'unknown', sum: { normalized: 2, delivered: 1, deadLettered: 1 } }],
  });
  expect(await snapshot.traceReceipt({ receipt }, never)).toMatchObject({
    snapshot: true,
    events: [
      { destinations: [{ verdict: 'delivered' }] },
      { destinations: [{ verdict: 'dead_lettered', words: 'no such field' }] },
    ],
  });
  expect(await snapshot.listDeadLetters({}, never)).toMatchObject({ snapshot: true, open: 1 });
  expect(await snapshot.jobs({}, never)).toMatchObject({ snapshot: true, jobs: [{ id, state: 'interrupted' }] });
  const shapes = (await linesOf(snapshot.shapes({}, never))).at(-1);
  expect(shapes).toMatchObject({
    kind: 'end',
    snapshot: true,
    types: [{ fields: [{ path: 'riskScore' }] }],
    authentication: [],
  });
  const preview = (await linesOf(snapshot.previewReplay(spanOf(place), never))).at(-1);
  expect(preview).toMatchObject({ kind: 'end', snapshot: true, events: 2, changed: 0 });
  expect(await snapshot.check({}, never)).toMatchObject({ snapshot: true, destinations: [{ name: 'one', ok: false }] });
  await snapshot.close();
  expect(await filesOf(place)).toEqual(before);
});

test('a mapping file that is new is shown against the mapping that is built in', async () => {
  await using place = await openPlace(destinations('one'));
  await place.keep([audit(1)]);
  const rules = 'auditCodes: { "99001": { action: ssid-changed, type: [change] } }\n';
  const configuration = await place.configure(destinations('one'), {}, rules);
  await place.stop();
  const snapshot = await openSnapshotOperations(configuration, '1.2.3');
  const preview = (await linesOf(snapshot.previewReplay(spanOf(place), never))).at(-1);
  expect(preview).toMatchObject({ events: 1, changed: 1, idsChanged: 0 });
  await snapshot.close();
});

test('a file that says who it is and cannot be read keeps nobody from looking', async () => {
  await using place = await openPlace(destinations('one'));
  const configuration = place.pipeline.configuration();
  await place.stop();
  await writeFile(join(place.directory, 'data/instance.json'), '{"id":');
  const snapshot = await openSnapshotOperations(configuration, '1.2.3');
  expect(await snapshot.status({}, never)).toMatchObject({ instanceId: 'unknown' });
  await snapshot.close();
});

const fixtures = new URL('../../state/src/fixtures/', import.meta.url);
const counts = z.object({ open: z.int(), delivered: z.int(), dropped: z.int() });
/** What the version that wrote the directory read out of it. */
const expectedOfFormat1 = z.object({
  deadLetters: z.object({
    counts: z.object({ archive: counts, splunk: counts }),
    open: z.array(z.object({ number: z.int(), destination: z.string(), code: z.string() })),
  }),
  jobs: z.object({ records: z.array(z.object({ job: z.object({ id: z.string(), state: z.string() }) })) }),
  journal: z.object({ extent: z.object({ firstSequence: z.int(), nextSequence: z.int() }) }),
});

test('a directory of format 1 is read by status, dlq list and jobs, and no file is touched', async () => {
  const text = await readFile(new URL('format-1.expected.json', fixtures), 'utf8');
  const { deadLetters, jobs, journal } = expectedOfFormat1.parse(JSON.parse(text));
  await using place = await openPlace(destinations('archive', 'splunk'));
  const configuration = place.pipeline.configuration();
  await place.stop();
  await rm(place.data.path, { recursive: true });
  await cp(new URL('format-1', fixtures), place.data.path, { recursive: true });
  const before = await filesOf(place);

  const snapshot = await openSnapshotOperations(configuration, '1.2.3');
  const ask = async (...words: readonly string[]): Promise<unknown> =>
    (await runTest([...words, '--json'], snapshot, { snapshot: true })).json()[0];
  expect(await ask('status')).toMatchObject({
    snapshot: true,
    journal: journal.extent,
    notConfigured: ['lab'],
    incidents: [],
    deadLetters: { open: deadLetters.open.length },
    destinations: [
      { name: 'archive', deadLetters: { ...deadLetters.counts.archive, difference: 0 } },
      // The record of one dead letter is damaged.
      { name: 'splunk', deadLetters: { ...deadLetters.counts.splunk, difference: 1 } },
    ],
  });
  expect(await ask('dlq', 'list', '--all')).toMatchObject({ snapshot: true, entries: deadLetters.open });
  expect(await ask('jobs')).toMatchObject({
    jobs: expect.arrayContaining(jobs.records.map(({ job }) => expect.objectContaining(job))),
  });
  await snapshot.close();
  expect(await filesOf(place)).toEqual(before);
});
