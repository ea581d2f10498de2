import type { Job, PreviewLine } from '@xiq-siem/admin-api';
import { expect, it } from 'vitest';
import { textWidth } from '../terminal/text-width.ts';
import { lines, runTest } from '../test-session.ts';

const change: PreviewLine = {
  ...{ kind: 'change', receipt: 'r1_abc', element: 0, eventId: '1ab', dataset: 'extreme_xiq.audit' },
  fields: [
    { path: 'event.action', before: 'unknown\u001b[2J', after: 'x'.repeat(100) },
    { path: 'event.outcome', before: undefined, after: 'success' },
  ],
};
const end: PreviewLine = {
  ...{ kind: 'end', snapshot: false, before: 'built-in', after: 'm-1', bodies: 4, events: 1200, changed: 300 },
  ...{ idsChanged: 0, fields: [{ path: 'event.action', events: 300 }] },
};
const job: Job = {
  ...{ id: 'abc', kind: 'replay', state: 'done', created: '2026-11-24T12:00:00Z', streams: [] },
  request: { from: '2026-11-23T00:00:00Z', to: '2026-11-24T00:00:00Z' },
};

it('sends the span, the destinations and the conditions', async () => {
  const requests: unknown[] = [];
  const responses = {
    async replay(request: unknown) {
      requests.push(request);
      return job;
    },
    watchJob: () => lines(job),
  };
  const args = ['--from', '2026-11-23', '--to', '2026-11-24', '--destination', 'a', '--destination', 'b'];
  const { code, json } = await runTest(['replay', ...args, '--where', 'dataset=x,y', '--json'], responses);
  expect([code, json()]).toEqual([0, [job, job]]);
  await runTest(['replay', '--from', '1h'], responses);
  expect(requests).toEqual([
    {
      ...{ from: '2026-11-23T00:00:00.000Z', to: '2026-11-24T00:00:00.000Z' },
      ...{ destinations: ['a', 'b'], where: { datasets: ['x', 'y'] } },
    },
    { from: '2026-11-24T11:00:00.000Z', to: '2026-11-24T12:00:00.000Z' },
  ]);
});

it.each([[[]], [['--from', '1h', '--to', '2h']], [['--from', '1h', '--where', 'kind=x']]])('%j: 64', async (args) => {
  expect((await runTest(['replay', ...args], {})).code).toBe(64);
});

it('a stopped connector: 69', async () => {
  expect((await runTest(['replay', '--from', '1h'], {}, { snapshot: true })).code).toBe(69);
});

it('--dry-run shows examples and totals, also of a stopped connector', async () => {
  const requests: unknown[] = [];
  const responses = {
    previewReplay: (input: unknown) => {
      requests.push(input);
      return lines<PreviewLine>({ kind: 'progress', done: 1, total: 4 }, change, end);
    },
  };
  const args = ['replay', '--from', '1h', '--dry-run', '--where', 'source=xiq', '--examples', '1'];
  const { code, stdout, progressLines } = await runTest(args, responses, { snapshot: true, columns: 80 });
  expect(code).toBe(0);
  expect(requests).toEqual([
    { from: '2026-11-24T11:00:00.000Z', to: '2026-11-24T12:00:00.000Z', sources: 'xiq', examples: 1 },
  ]);
  expect(progressLines).toEqual(['Comparing: 25 % (1 of 4 requests)', '']);
  expect(stdout.slice(1).join('\n')).toMatchInlineSnapshot(`
    "1ab extreme_xiq.audit (r1_abc, element 0)
      event.action: "unknown\\u001b[2J" -> "xxxxxxxxxxxxxxxxxxxxxxxxxxxx…
      event.outcome: (none) -> "success"

    Mapping built-in -> m-1.
    300 of 1,200 events in 4 requests would change.
    FIELD         EVENTS
    event.action     300"
  `);
  expect(stdout.slice(1).filter((line) => textWidth(line) > 80)).toEqual([]);
});

it('--dry-run --json prints the lines of the API', async () => {
  const all = { previewReplay: () => lines<PreviewLine>(change, end) };
  const { json } = await runTest(['replay', '--from', '1h', '--dry-run', '--json'], all);
  expect(json()).toEqual(JSON.parse(JSON.stringify([change, end])));
});

it('a changed event id is reported as a bug', async () => {
  const { text } = await runTest(['replay', '--from', '1h', '--dry-run'], {
    previewReplay: () => lines<PreviewLine>({ ...end, idsChanged: 2 }),
  });
  expect(text).toContain('2 event ids would change: this is a bug, please report it.');
});
