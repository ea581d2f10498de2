import type { BackfillLine, Job } from '@xiq-siem/admin-api';
import { expect, it } from 'vitest';
import { lines, runTest } from '../test-session.ts';

const fetched = { messageType: 'AUDIT_LOG_ALL', done: 1, fetched: 1200, known: 1000, kept: 200 };
const job: Job = {
  ...{ id: 'abc', kind: 'backfill', state: 'done', created: '2026-11-24T12:00:00Z', streams: [] },
  request: { from: '2026-11-23T00:00:00.000Z', to: '2026-11-24T00:00:00.000Z', forceDuplicates: false },
  types: [{ ...fetched, state: 'done' }],
};
const span = ['--from', '2026-11-23', '--to', '2026-11-24'];

it('sends the span, the types and the source, and follows the job', async () => {
  const requested: unknown[] = [];
  const responses = {
    async backfill(request: unknown) {
      requested.push(request);
      return job;
    },
    watchJob: () => lines(job),
  };
  const { code, text } = await runTest(['backfill', ...span], responses);
  expect(code).toBe(0);
  expect(text).toMatchInlineSnapshot(`
    "Job abc (backfill): done, started 2026-11-24 12:00:00Z
      from 2026-11-23T00:00:00.000Z, to 2026-11-24T00:00:00.000Z
    MESSAGE TYPE   STATE   DONE  FETCHED  DUPLICATES  STORED  MESSAGE
    AUDIT_LOG_ALL  done   100 %    1,200       1,000     200"
  `);
  const more = ['--types', 'audit, GDPR_LOG_ALL', '--source', 'xiq', '--force-duplicates', '--no-wait'];
  expect((await runTest(['backfill', ...span, ...more], responses)).code).toBe(0);
  expect(requested).toEqual([
    job.request,
    { ...job.request, forceDuplicates: true, source: 'xiq', messageTypes: ['AUDIT_LOG_ALL', 'GDPR_LOG_ALL'] },
  ]);
});

it('a failed job shows its message and how to resume it: 1', async () => {
  const failed: Job = { ...job, state: 'failed', types: [{ ...fetched, state: 'failed', message: 'no\u001b[2J' }] };
  const { code, text } = await runTest(['backfill', ...span], {
    backfill: async () => job,
    watchJob: () => lines(failed),
  });
  expect(code).toBe(1);
  expect(text).toContain('no\\u001b[2J');
  expect(text).toContain('To resume it, run the same command again.');
});

it('--dry-run shows the missing events, also with a stopped connector', async () => {
  const all: BackfillLine[] = [
    { kind: 'progress', done: 1, total: 2 },
    { kind: 'fetching', messageType: 'AUDIT_LOG_ALL', fetched: 3 },
    { kind: 'type', messageType: 'AUDIT_LOG_ALL', fetched: 3, known: 1, missing: 2 },
    { kind: 'end', snapshot: true, missing: 2 },
  ];
  const responses = { previewBackfill: () => lines(...all) };
  const { code, stdout } = await runTest(['backfill', ...span, '--dry-run'], responses, { snapshot: true });
  expect([code, stdout.slice(1)]).toEqual([
    0,
    [
      'MESSAGE TYPE   FETCHED  DUPLICATES  MISSING',
      'AUDIT_LOG_ALL        3           1        2',
      '2 events would be fetched and delivered.',
    ],
  ]);
  expect((await runTest(['backfill', ...span, '--dry-run', '--json'], responses)).json()).toEqual(all);
});

it.each([
  [[]],
  [['--from', '1h']],
  [['--from', '1h', '--to', '2h']],
  [[...span, '--types', 'a b']],
  [[...span, '--types', ',']],
])('%j: 64', async (args) => {
  expect((await runTest(['backfill', ...args], {})).code).toBe(64);
});

it('a stopped connector: 69', async () => {
  expect((await runTest(['backfill', ...span], {}, { snapshot: true })).code).toBe(69);
});
