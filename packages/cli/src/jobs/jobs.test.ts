import type { Job, JobStream } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { describe, expect, it } from 'vitest';
import { textWidth } from '../terminal/text-width.ts';
import { lines, runTest } from '../test-session.ts';

const stream: JobStream = {
  ...{ destination: 'elastic', state: 'running', done: 50, total: 200, delivered: 50, duplicate: 0 },
  ...{ deadLettered: 0, filtered: 0, damaged: 0 },
};
const running: Job = {
  ...{ id: 'abc123', kind: 'retry', state: 'running', created: '2026-11-24T12:00:00Z', streams: [stream] },
  request: { code: 'mapping_conflict', renormalize: true },
};
const ended = '2026-11-24T12:01:00Z';
const done: Job = {
  ...running,
  state: 'done',
  ended,
  streams: [{ ...stream, state: 'done', done: 200, delivered: 200 }],
};
const withStream = (change: Partial<JobStream>, state: Job['state'] = 'done'): Job => ({
  ...{ ...done, state },
  streams: done.streams.map((one) => ({ ...one, ...change })),
});

describe('dlq retry', () => {
  it('starts the job, and shows its progress and result', async () => {
    const requests: unknown[] = [];
    const { code, text, progressLines } = await runTest(['dlq', 'retry', '4', '5', '--code', 'x', '--renormalize'], {
      retry: async (request) => {
        requests.push(request);
        return running;
      },
      watchJob: () => lines(running, done),
    });
    expect(requests).toEqual([{ code: 'x', numbers: [4, 5], renormalize: true }]);
    expect(code).toBe(0);
    expect(progressLines[0]).toBe('Sending again: 25 % (50 of 200 dead letters)');
    expect(text).toMatchInlineSnapshot(`
      "Job abc123 (retry): done, started 2026-11-24 12:00:00Z, ended 2026-11-24 12:01:00Z
        code mapping_conflict, renormalize
      DESTINATION  STATE  DONE   OF  DELIVERED  DUPLICATES  REJECTED  DAMAGED
      elastic      done    200  200        200           0         0        0"
    `);
  });

  it.each<[string, Job, number]>([
    ['all delivered', done, 0],
    ['nothing to send', { ...done, streams: [] }, 0],
    ['some rejected again', withStream({ delivered: 190, deadLettered: 10 }), 1],
    ['some not made', withStream({ damaged: 1 }), 1],
    ['cancelled', withStream({}, 'cancelled'), 1],
    ['interrupted', withStream({}, 'interrupted'), 1],
    ['failed', withStream({}, 'failed'), 1],
  ])('%s: the exit code says so', async (_, last, expected) => {
    const responses = { retry: async () => running, watchJob: () => lines(running, last) };
    expect((await runTest(['dlq', 'retry'], responses)).code).toBe(expected);
    const { code, json } = await runTest(['dlq', 'retry', '--json'], responses);
    expect([code, json()]).toEqual([expected, [running, running, last]]);
  });

  it('--no-wait prints how to follow the job', async () => {
    const { code, stdout } = await runTest(['dlq', 'retry', '--no-wait'], { retry: async () => running });
    expect([code, stdout]).toEqual([0, ['Job abc123 is running: xiq-siem jobs watch abc123']]);
  });

  it('a job that was started before is resumed', async () => {
    const resumed = { ...running, resumed: true };
    const { stdout } = await runTest(['dlq', 'retry'], { retry: async () => resumed, watchJob: () => lines(done) });
    expect(stdout[0]).toBe('Job abc123 was started before and is resumed.');
  });

  it('too many jobs: 75', async () => {
    const tooMany = () =>
      Promise.reject(new ConnectorError('too_many_jobs', '4 jobs are running: wait for one to end, or cancel it'));
    expect((await runTest(['dlq', 'retry'], { retry: tooMany })).code).toBe(75);
  });

  it('Ctrl-C does not cancel the job, and prints how to cancel it: 130', async () => {
    const controller = new AbortController();
    async function* interrupted(): AsyncGenerator<Job> {
      yield running;
      controller.abort();
      throw new Error('aborted');
    }
    const responses = { retry: async () => running, watchJob: interrupted };
    const { code, stderr } = await runTest(['dlq', 'retry'], responses, { controller });
    expect(code).toBe(130);
    expect(stderr).toEqual([
      'The job continues in the connector. To follow it: xiq-siem jobs watch abc123. To cancel it: xiq-siem jobs cancel abc123',
    ]);
  });

  it('a paused destination is shown in the progress, escaped', async () => {
    const stuck = { ...running, streams: [{ ...stream, state: 'paused' as const, message: 'no\u001b[2J' }] };
    const { progressLines } = await runTest(['dlq', 'retry'], {
      retry: async () => stuck,
      watchJob: () => lines(stuck, done),
    });
    expect(progressLines[0]).toContain('; elastic paused: no\\u001b[2J');
  });
});

describe('jobs', () => {
  const replayed = { ...done, id: 'def456', kind: 'replay' as const, created: '2026-11-24T12:30:00Z' };
  const replay: Job = {
    ...replayed,
    request: { from: '2026-11-23T00:00:00Z', to: ended, where: { datasets: ['a\u001b[2J'] } },
  };

  it('lists jobs, newest first, within 80 columns', async () => {
    const response = { snapshot: false, jobs: [running, replay] };
    const { code, stdout } = await runTest(['jobs'], { jobs: async () => response }, { columns: 80 });
    expect(code).toBe(0);
    expect(stdout.slice(1).map((line) => line.slice(0, 6))).toEqual(['def456', 'abc123']);
    expect(stdout.filter((line) => textWidth(line) > 80)).toEqual([]);
    const { text } = await runTest(['jobs', 'list'], { jobs: async () => response });
    expect(text).not.toContain('\u001b');
    expect((await runTest(['jobs', '--json'], { jobs: async () => response })).json()).toEqual([response]);
  });

  it('reads the files of a stopped connector, and reports a snapshot', async () => {
    const none = { jobs: async () => ({ snapshot: true, jobs: [] }) };
    expect((await runTest(['jobs'], none, { snapshot: true })).stdout).toEqual([
      'snapshot of a stopped connector (/data): read from its files, nothing is changed',
      'No jobs.',
    ]);
    const json = await runTest(['jobs', '--json'], none, { snapshot: true });
    expect(json.stderr).toHaveLength(1);
    expect(json.json()).toEqual([{ snapshot: true, jobs: [] }]);
  });

  it('a back-fill is shown by message type', async () => {
    const fetched = { messageType: 'AUDIT_LOG_ALL', done: 0.5, fetched: 1200, known: 1000, kept: 200 };
    const halfway: Job = {
      ...{
        ...running,
        kind: 'backfill',
        streams: [],
        types: [{ ...fetched, state: 'waiting', message: 'quota\u001b[2J' }],
      },
      request: { from: '2026-11-23T00:00:00Z', to: ended, forceDuplicates: false },
    };
    const through: Job = { ...halfway, state: 'done', types: [{ ...fetched, done: 1, state: 'done' }] };
    const responses = { watchJob: () => lines(halfway, through) };
    const { code, stdout, progressLines } = await runTest(['jobs', 'watch', 'abc123'], responses);
    expect(code).toBe(0);
    expect(progressLines[0]).toBe('Fetching: 50 % (1 of 1 message types); AUDIT_LOG_ALL: quota\\u001b[2J');
    expect(stdout.at(-1)).toBe('AUDIT_LOG_ALL  done   100 %    1,200       1,000     200');
    const failed: Job = { ...halfway, state: 'done', types: [{ ...fetched, state: 'failed' }] };
    expect((await runTest(['jobs', 'watch', 'abc123'], { watchJob: () => lines(failed) })).code).toBe(1);
  });

  it('cancels a job', async () => {
    const cancelled = withStream({}, 'cancelled');
    const responses = { cancelJob: async () => cancelled };
    const { code, stdout } = await runTest(['jobs', 'cancel', 'abc123'], responses);
    expect(code).toBe(0);
    expect(stdout[0]).toBe('Job abc123 (retry): cancelled, started 2026-11-24 12:00:00Z, ended 2026-11-24 12:01:00Z');
    expect((await runTest(['jobs', 'cancel', 'abc123', '--json'], responses)).json()).toEqual([cancelled]);
  });

  it('watches a job; an unknown job: 66', async () => {
    expect((await runTest(['jobs', 'watch', 'abc123'], { watchJob: () => lines(done) })).code).toBe(0);
    async function* none(): AsyncGenerator<Job> {
      yield* [];
      throw new ConnectorError('not_found', 'unknown job x: run xiq-siem jobs for the list');
    }
    expect((await runTest(['jobs', 'watch', 'x'], { watchJob: none })).code).toBe(66);
  });
});
