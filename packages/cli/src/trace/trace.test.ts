import type { Trace, TraceLine } from '@xiq-siem/admin-api';
import { expect, it } from 'vitest';
import { lines, runTest } from '../test-session.ts';

const id = `1${'0'.repeat(40)}`;
const kept: Trace = {
  ...{ snapshot: false, receipt: 'r1_abc', found: 'kept', mappingVersion: 'built-in', omitted: 0 },
  body: {
    ...{ sequence: 7, source: 'xiq', messageType: 'AUDIT_LOG_ALL', origin: 'webhook', bytes: 219 },
    ...{ received: '2026-11-24T10:00:00Z', remoteAddress: '192.0.2.7' },
  },
  events: [
    {
      ...{ element: 0, id, dataset: 'extreme_xiq.audit', action: 'admin-login', kind: 'event' },
      time: '2026-11-24T09:59:00Z',
      destinations: [
        {
          ...{ destination: 'archive', verdict: 'delivered', assurance: 'stored' },
          ...{ notBefore: '2026-11-24T10:00:01Z', notAfter: '2026-11-24T10:00:02Z' },
        },
        {
          ...{ destination: 'elastic', verdict: 'dead_lettered', code: 'mapping_conflict', deadLetter: 12 },
          ...{ message: 'failed to parse \u001b]0;owned\u0007', notAfter: '2026-11-24T10:00:03Z' },
        },
        { destination: 'hec', verdict: 'waiting' },
      ],
    },
  ],
};

it('a receipt: its request, events and results', async () => {
  const { code, text } = await runTest(['trace', 'r1_abc'], { traceReceipt: async () => kept });
  expect(code).toBe(0);
  expect(text).toMatchInlineSnapshot(`
    "Receipt r1_abc: 1 event, normalized by mapping built-in
      received 2026-11-24 10:00:00Z as webhook of xiq AUDIT_LOG_ALL from 192.0.2.7, 219 B, sequence 7

      event 10000000000000000000000000000000000000000
        element 0, extreme_xiq.audit admin-login, at 2026-11-24 09:59:00Z
        archive: delivered (stored) between 2026-11-24 10:00:01Z and 2026-11-24 10:00:02Z
        elastic: dead-lettered by 2026-11-24 10:00:03Z - mapping_conflict: failed to parse \\u001b]0;owned\\u0007 (xiq-siem dlq show 12)
        hec: waiting"
  `);
});

it.each(['lost', 'removed', 'unknown'] as const)('a receipt that is %s: 66, with the reason', async (found) => {
  const response: Trace = { snapshot: false, receipt: 'r1_abc', found, events: [], omitted: 0 };
  const { code, stdout } = await runTest(['trace', 'r1_abc'], { traceReceipt: async () => response });
  expect(code).toBe(66);
  expect(stdout).toHaveLength(1);
  expect((await runTest(['trace', 'r1_abc', '--json'], { traceReceipt: async () => response })).json()).toEqual([
    response,
  ]);
});

it('an event id: a scan of the span, with progress', async () => {
  const requests: unknown[] = [];
  const all: readonly TraceLine[] = [
    { kind: 'progress', done: 0, total: 10 },
    { kind: 'trace', trace: kept },
    { kind: 'end', snapshot: false, found: 1, bodies: 10 },
  ];
  const responses = {
    traceEvent: (input: unknown) => {
      requests.push(input);
      return lines(...all);
    },
  };
  const { code, stdout, progressLines } = await runTest(['trace', id, '--from', '24h'], responses);
  expect(code).toBe(0);
  expect(stdout.at(-1)).toBe('Found 1 time in 10 requests.');
  expect(progressLines).toEqual(['Scanning: 0 % (0 of 10 requests)', '']);
  expect(requests).toEqual([{ eventId: id, from: '2026-11-23T12:00:00.000Z' }]);
  expect((await runTest(['trace', id, '--json'], responses)).json()).toEqual(all);
});

it('an unknown event id: 66', async () => {
  const end = { kind: 'end', snapshot: false, found: 0, bodies: 10 } as const;
  const { code, stdout } = await runTest(['trace', 'x'], { traceEvent: () => lines(end) });
  expect([code, stdout]).toEqual([66, ['Not found in 10 requests.']]);
});

it('an incomplete response: 69; after Ctrl-C: 130', async () => {
  const { code, stderr } = await runTest(['trace', 'x'], { traceEvent: () => lines() });
  expect([code, stderr[0]]).toEqual([69, 'the connector ended its response too early: run xiq-siem status']);
  const controller = new AbortController();
  controller.abort();
  expect((await runTest(['trace', 'x'], { traceEvent: () => lines() }, { controller })).code).toBe(130);
});
