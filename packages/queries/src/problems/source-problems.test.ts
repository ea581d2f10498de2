import type { SourceState } from '@xiq-siem/admin-api';
import { expect, test } from 'vitest';
import { pathProblems, sourceProblems } from './source-problems.ts';

const at = '2026-11-24T12:00:00.000Z';
const minutesAgo = (minutes: number): string => new Date(Date.parse(at) - minutes * 60_000).toISOString();
const started = minutesAgo(600);

function shown(change: Partial<SourceState>, start: string | undefined = started) {
  const source = { name: 'xiq', lastReceived: minutesAgo(1), silentAfterSeconds: 86_400, ...change };
  return sourceProblems(source, { at, ...(start !== undefined && { started: start }) }).map(
    ({ code, summary, text }) => [code, summary, text],
  );
}

test('Operator: a source whose events no destination accepts is a problem, also of a stopped connector', () => {
  const expected = [
    [
      'filter_matches_nothing',
      'no destination accepts the events of source xiq',
      expect.stringContaining('no destination accepts its events'),
    ],
  ];
  expect(shown({ notRouted: true })).toEqual(expected);
  expect(sourceProblems({ name: 'xiq', notRouted: true }, { at }).map(({ code }) => code)).toEqual([
    'filter_matches_nothing',
  ]);
  expect(shown({})).toEqual([]);
});

test('Operator: requests with a wrong secret are one problem, whether they got 401 or 429', () => {
  const refused = [
    { status: 401, code: 'unauthorized', total: 120, lastHour: 20, last: minutesAgo(30) },
    { status: 413, code: 'body_too_large', total: 1, lastHour: 1, last: minutesAgo(2) },
    { status: 429, code: 'too_many_refusals', total: 60, lastHour: 60, last: minutesAgo(29) },
  ];
  expect(shown({ refused })).toEqual([
    [
      'credentials_refused',
      '80 requests to source xiq (wrong secret or none)',
      '80 requests refused in the last hour (401: wrong secret or none), 180 since the start; the last 29 min ago',
    ],
    ['webhooks_refused', expect.stringContaining('1 request to source xiq'), expect.stringContaining('413')],
  ]);
  expect(shown({ refused: refused.slice(2) })).toMatchObject([
    ['credentials_refused', expect.anything(), expect.anything()],
  ]);
  expect(shown({ refused: refused.map((one) => ({ ...one, lastHour: 0 })) })).toEqual([]);
});

test('Operator: a source is silent after the configured time, not sooner, and not soon after a start', () => {
  const silentAfterSeconds = 7_200;
  expect(shown({ silentAfterSeconds, lastReceived: minutesAgo(120) })).toEqual([]);
  expect(shown({ silentAfterSeconds, lastReceived: minutesAgo(121) })).toMatchObject([
    ['source_silent', expect.stringMatching(/^xiq \(no webhook for /), expect.anything()],
  ]);
  expect(shown({ silentAfterSeconds, lastReceived: minutesAgo(121) }, minutesAgo(60))).toEqual([]);
  expect(shown({ silentAfterSeconds, lastReceived: minutesAgo(121) }, minutesAgo(61))).toHaveLength(1);
  // One that has never sent counts from the start.
  expect(shown({ silentAfterSeconds, lastReceived: undefined })).toMatchObject([
    ['source_silent', expect.stringContaining('(since the start)'), expect.anything()],
  ]);
  expect(shown({ silentAfterSeconds: undefined, lastReceived: undefined })).toEqual([]);
});

test('Operator: requests to paths that are no webhook path are a problem for an hour', () => {
  const paths = [
    {
      path: '/webhooks/xiqq/AUDIT_LOG_ALL',
      status: 404,
      code: 'not_found',
      total: 9,
      lastHour: 3,
      last: minutesAgo(5),
    },
    { path: '/old', status: 404, code: 'not_found', total: 9, lastHour: 0, last: minutesAgo(70) },
  ];
  expect(pathProblems({ at, unknownPaths: paths })).toMatchObject([
    {
      code: 'webhooks_refused',
      summary: '3 requests to unknown paths',
      text: '3 requests to unknown paths in the last hour, the last 5 min ago: /webhooks/xiqq/AUDIT_LOG_ALL',
    },
  ]);
  expect(pathProblems({ at, unknownPaths: paths.slice(1) })).toEqual([]);
});
