import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { type Refusal, refusedRequests } from './refused-requests.ts';

const wrongSecret: Refusal = {
  ...{ source: 'xiq', path: '/webhooks/xiq', status: 401, code: 'unauthorized', address: '192.0.2.1' },
};

function fixture() {
  let atMs = Date.parse('2026-12-01T00:00:00Z');
  const log = createRecordingLogger();
  const refused = refusedRequests(() => atMs, log);
  return {
    ...refused,
    pass: (ms: number) => {
      atMs += ms;
    },
    /** Number of requests of each line, by address. */
    logged: () => log.of('webhook.refused').map(({ attributes }) => attributes),
    times(count: number, change: Partial<Refusal> = {}) {
      for (let index = 0; index < count; index += 1) refused.add({ ...wrongSecret, ...change });
    },
  };
}

test('Operator: the first refusal of a sender is logged at once, the others as a number, once a minute', () => {
  const { times, pass, logged, flush, close } = fixture();
  times(80);
  times(2, { address: '192.0.2.2' });
  expect(logged()).toMatchObject([
    { source: 'xiq', address: '192.0.2.1', status: 401, code: 'unauthorized', requests: 1 },
    { address: '192.0.2.2', requests: 1 },
  ]);
  pass(60_000);
  times(1);
  expect(logged().slice(2)).toMatchObject([{ address: '192.0.2.1', requests: 80 }]);
  flush();
  expect(logged().slice(3)).toMatchObject([{ address: '192.0.2.2', requests: 1 }]);
  pass(60_000);
  flush();
  expect(logged()).toHaveLength(4);
  times(3);
  close();
  expect(logged().slice(4)).toMatchObject([{ requests: 1 }, { requests: 2 }]);
});

test('very many senders have a limited number of lines', () => {
  const { times, pass, logged, flush } = fixture();
  for (let sender = 0; sender < 1_000; sender += 1) times(1, { address: `10.0.${sender >> 8}.${sender & 255}` });
  expect(logged()).toHaveLength(51);
  pass(60_000);
  flush();
  expect(logged().slice(51)).toMatchObject([{ address: 'others', requests: 949 }]);
});

test('Operator: refusals are counted by source, status and code: since the start, and in the last hour', () => {
  const { times, pass, ofSource } = fixture();
  times(3);
  times(1, { status: 413, code: 'body_too_large' });
  pass(50 * 60_000);
  times(2);
  expect(ofSource('xiq')).toEqual([
    { status: 401, code: 'unauthorized', total: 5, lastHour: 5, last: '2026-12-01T00:50:00.000Z' },
    { status: 413, code: 'body_too_large', total: 1, lastHour: 1, last: '2026-12-01T00:00:00.000Z' },
  ]);
  pass(10 * 60_000);
  expect(ofSource('xiq')).toMatchObject([
    { total: 5, lastHour: 2 },
    { total: 1, lastHour: 0 },
  ]);
  expect(ofSource('other')).toEqual([]);
});

test('paths are limited in number and length', () => {
  const { times, ofUnknownPaths } = fixture();
  const unknown = { source: undefined, status: 404, code: 'not_found' };
  times(1, { ...unknown, path: `/webhook/${'x'.repeat(1_000)}` });
  for (let index = 0; index < 100; index += 1) times(1, { ...unknown, path: `/scan/${index}` });
  const paths = ofUnknownPaths();
  expect(paths).toHaveLength(21);
  expect(paths[0]?.path).toHaveLength(80);
  expect(paths.at(-1)).toMatchObject({ path: 'other paths', total: 81, lastHour: 81 });
});
