import type { DestinationState, Status } from '@xiq-siem/admin-api';
import { describe, expect, it } from 'vitest';
import { textWidth } from '../terminal/text-width.ts';
import { runTest } from '../test-session.ts';

const running: DestinationState = {
  ...{ name: 'archive', type: 'file', assurance: 'stored', state: 'running', possibleDuplicates: 0, pluginFaults: 0 },
  lag: { bodies: 0, bytes: 0, seconds: 0, eventsInFlight: 0, hoursUntilFull: null },
  eventsPerSecond: 12.5,
  counters: {
    ...{ normalized: 1_234_567, delivered: 1_234_567, degraded: 0, duplicate: 0, deadLettered: 0 },
    ...{ filtered: 0, damaged: 0, inFlight: 0, unaccounted: 0 },
  },
  deadLetters: { open: 0, delivered: 0, dropped: 0, lost: 0, unaccounted: 0 },
};
const paused: DestinationState = {
  ...running,
  ...{
    name: 'elastic',
    type: 'elasticsearch',
    assurance: 'indexed',
    state: 'paused',
    reason: 'index_template_missing',
  },
  lastFailure: {
    code: 'index_template_missing',
    message: 'no template \u001b[31mhere\u202e',
    at: '2026-11-24T11:59:00Z',
  },
  lag: { bodies: 1_204, bytes: 3_250_000, seconds: 720, eventsInFlight: 3, hoursUntilFull: 52.3 },
  deadLetters: { open: 7, delivered: 0, dropped: 0, lost: 0, unaccounted: 0 },
};
const healthy: Status = {
  ...{ snapshot: false, at: '2026-11-24T12:00:00Z', version: '0.1.0', instanceId: 'one' },
  ...{
    started: '2026-11-24T09:50:00Z',
    accepting: { ok: true, reasons: [] },
    destinations: [running],
    notConfigured: [],
  },
  journal: {
    ...{ firstSequence: 1, nextSequence: 2010, bodies: 2000, bytes: 5_000_000, maxBytes: 10_737_418_240 },
    ...{ bodiesPerSecond: 3.2, bytesPerHour: 1000, lost: [] },
  },
  ...{ gaps: [], incidents: [], deadLetters: { open: 0, bytes: 0 }, jobsRunning: 0, reconciled: true },
};
const run = (status: Status, args: string[] = [], options = {}) =>
  runTest(['status', ...args], { status: async () => status }, options);

it('a source with a problem at ExtremeCloud IQ: 1, with what to do', async () => {
  const api = {
    subscriptions: [{ messageType: 'AUDIT_LOG_ALL', state: 'disabled' as const, message: 'id 7\u001b[31m' }],
    ...{ publicUrl: [], requestsPerHour: 7_500, requestsRemaining: 7_400 },
  };
  const { code, text } = await run({ ...healthy, sources: [{ name: 'xiq', api }] });
  expect(code).toBe(1);
  expect(text).toContain(
    '! source xiq: subscription to AUDIT_LOG_ALL disabled (id 7\\u001b[31m). Next: xiq-siem subscriptions apply',
  );
  expect((await run({ ...healthy, sources: [{ name: 'xiq', api: { ...api, subscriptions: [] } }] })).code).toBe(0);
});

describe('the first line and the exit code', () => {
  it('no problem: 0', async () => {
    const { code, stdout } = await run(healthy);
    expect(code).toBe(0);
    expect(stdout.slice(0, 3)).toEqual([
      'Nothing is lost: every event is accounted for',
      'Accepting webhooks (0.1.0, up 2 h 10 min)',
      'Journal: 2,000 requests, 4.8 MiB of 10 GiB, 3.2 requests/s; dead letters open: 0',
    ]);
  });

  const gap = { id: 'elastic:5-9', destination: 'elastic', fromSequence: 5, toSequence: 9, bodies: 4, bytes: 2048 };
  const lost = { fromSequence: 5, toSequence: 9, bodies: 3, bytes: 10, reason: 'damaged', where: 'journal/1' } as const;
  const incident = { ...{ id: 'state:1', at: healthy.at, reason: 'x' }, recovered: 3 };
  const mismatch = { ...running, counters: { ...running.counters, unaccounted: -3 } };
  const blocked: DestinationState = { ...running, blocked: { events: 2, code: 'mapping_conflict' } };
  it.each<[string, Partial<Status>, string]>([
    [
      'an accounting mismatch',
      { reconciled: false, destinations: [mismatch] },
      'ACCOUNTING MISMATCH: 3 events unaccounted for',
    ],
    [
      'a gap',
      { gaps: [{ ...gap, at: healthy.at }] },
      'LOST: 4 requests evicted before a destination had them; all other events are accounted for',
    ],
    [
      'gaps of several destinations',
      {
        gaps: [
          { ...gap, at: healthy.at },
          { ...gap, at: healthy.at, destination: 'archive' },
        ],
      },
      'LOST: 8 requests evicted before a destination had them (counted once per destination); all other events are accounted for',
    ],
    [
      'damage',
      { journal: { ...healthy.journal, lost: [lost] } },
      'LOST: 3 stored requests cannot be read; all other events are accounted for',
    ],
    [
      'a damaged state file',
      { incidents: [{ ...incident, kind: 'damaged', lost: 2 }] },
      'LOST: the state file was damaged: 2 dead letters lost; all other events are accounted for',
    ],
    [
      'a state file damaged to an unknown extent, after a gap',
      { gaps: [{ ...gap, at: healthy.at }], incidents: [{ ...incident, kind: 'damaged' }] },
      'LOST: 4 requests evicted before a destination had them, the state file was damaged: an unknown number of dead letters lost; all other events are accounted for',
    ],
    [
      'a missing state file',
      { incidents: [{ ...incident, kind: 'missing' }] },
      'LOST: the state file was missing: an unknown number of dead letters lost; all other events are accounted for',
    ],
    [
      'a missing state file, and its dead letters',
      { reconciled: false, destinations: [mismatch], incidents: [{ ...incident, kind: 'missing' }] },
      'ACCOUNTING MISMATCH: 3 events unaccounted for; the state file was missing: an unknown number of dead letters lost',
    ],
    [
      'a damaged state file without lost dead letters',
      { incidents: [{ ...incident, kind: 'damaged', lost: 0 }] },
      'Every event is accounted for; the state file was damaged: no dead letters lost',
    ],
    [
      'an older copy of the state file',
      { reconciled: false, destinations: [mismatch], incidents: [{ ...incident, kind: 'outdated', lost: 3 }] },
      'ACCOUNTING MISMATCH: 3 events unaccounted for; the state file does not match the positions (was a backup restored?): 3 dead letters lost',
    ],
    [
      'files of the former format that could not be read',
      { incidents: [{ ...incident, kind: 'migrated', lost: 2 }] },
      'LOST: 2 records or files could not be migrated; all other events are accounted for',
    ],
    ['a paused destination', { destinations: [running, paused] }, 'Nothing is lost: every event is accounted for'],
    [
      'not accepting',
      { accepting: { ok: false, reasons: ['journal_full'] } },
      'Nothing is lost: every event is accounted for',
    ],
    ['dead letters', { deadLetters: { open: 1, bytes: 1 } }, 'Nothing is lost: every event is accounted for'],
    ['a destination to forget', { notConfigured: ['old'] }, 'Nothing is lost: every event is accounted for'],
    ['blocked events', { destinations: [blocked] }, 'Nothing is lost: every event is accounted for'],
  ])('%s: 1, with and without --json', async (_, change, first) => {
    const shown = await run({ ...healthy, ...change });
    expect(shown.code).toBe(1);
    expect(shown.stdout[0]).toBe(first);
    expect((await run({ ...healthy, ...change }, ['--json'])).code).toBe(1);
  });

  it('damaged requests are counted and reported', async () => {
    const damaged = { ...running, counters: { ...running.counters, damaged: 3 } };
    const { code, stdout } = await run({ ...healthy, destinations: [damaged, running] });
    expect([code, stdout[0]]).toEqual([0, 'Every event is accounted for; 3 requests damaged or evicted']);
    expect(stdout.at(-1)).toContain('! archive: 3 requests damaged (cannot be read');
  });

  it('of a stopped connector it reports a snapshot, and exits 1', async () => {
    const { accepting: _, started: __, ...rest } = healthy;
    const { code, stdout } = await run({ ...rest, snapshot: true }, [], { snapshot: true });
    expect(stdout[0]).toBe('snapshot of a stopped connector (/data): read from its files, nothing is changed');
    expect(stdout).toContain('Not running (0.1.0)');
    expect(code).toBe(1);
  });
});

describe('problems', () => {
  const status: Status = {
    ...{ ...healthy, destinations: [running, paused], notConfigured: ['old'], jobsRunning: 1 },
    ...{
      accepting: { ok: false, reasons: ['journal_full', 'secret_unavailable:xiq'] },
      deadLetters: { open: 7, bytes: 9 },
    },
    gaps: [
      {
        ...{ id: 'elastic:5-9', destination: 'elastic', fromSequence: 5, toSequence: 9, bodies: 4, bytes: 2048 },
        at: '2026-11-24T10:00:00Z',
      },
    ],
  };

  it('in a pipe nothing is cut, and each problem has its command', async () => {
    const { text } = await run(status);
    expect(text).toMatchInlineSnapshot(`
      "LOST: 4 requests evicted before a destination had them; all other events are accounted for
      NOT ACCEPTING webhooks: journal_full, secret_unavailable:xiq (0.1.0, up 2 h 10 min)
      Journal: 2,000 requests, 4.8 MiB of 10 GiB, 3.2 requests/s; dead letters open: 7

      NAME     STATE    REQUESTS    BYTES     AGE  EV/S  DELIVERED  DEAD  FULL IN
      archive  running         0      0 B       -  12.5  1,234,567     0        -
      elastic  paused      1,204  3.1 MiB  12 min  12.5  1,234,567     7    2.2 d
      Delivered means stored at archive; indexed at elastic.

      ! elastic: index_template_missing: no template \\u001b[31mhere\\u202e. Next: xiq-siem setup elastic. The connector retries automatically; at once with xiq-siem destination resume elastic
      ! elastic: 7 dead letters. Next: xiq-siem dlq list --destination elastic, fix the cause, then xiq-siem dlq retry --destination elastic

      Retention gaps (xiq-siem status --acknowledge ID):
        elastic:5-9  4 requests, 2.0 KiB, last evicted 2026-11-24 10:00:00Z

      ! old is not configured, but its position is still stored. Next: xiq-siem destination forget old

      1 job running: xiq-siem jobs"
    `);
  });

  it('for dead letters lost with the state file it prints how to restore them', async () => {
    const incident = { id: 'state:3', at: healthy.at, kind: 'outdated', reason: 'x', recovered: 0, lost: 3 } as const;
    const withLostLetters = { ...running, deadLetters: { ...running.deadLetters, unaccounted: 3 } };
    const shown = async (change: Partial<Status>) => (await run({ ...healthy, reconciled: false, ...change })).text;
    expect(await shown({ destinations: [withLostLetters], incidents: [incident] })).toContain(
      'status --acknowledge state:3',
    );
    const withBug = { ...withLostLetters, counters: { ...running.counters, unaccounted: 1 } };
    for (const destinations of [[withLostLetters], [withBug]]) {
      const incidents = destinations[0] === withBug ? [incident] : [];
      expect(await shown({ destinations, incidents })).toContain('report a bug');
    }
  });

  it('incidents of the state file are listed with recovered and lost entries', async () => {
    const incident = { id: 'state:1', at: '2026-11-24T10:00:00Z', recovered: 3 };
    const incidents: Status['incidents'] = [
      { ...incident, kind: 'damaged', reason: 'malformed \u001b[31m', file: 'quarantine/state-1.sqlite', lost: 2 },
      { ...incident, id: 'state:2', kind: 'missing', reason: 'the file was missing', recovered: 0 },
    ];
    const { text } = await run({ ...healthy, incidents });
    expect(text).toMatchInlineSnapshot(`
      "LOST: the state file was damaged: 2 dead letters lost, the state file was missing: an unknown number of dead letters lost; all other events are accounted for
      Accepting webhooks (0.1.0, up 2 h 10 min)
      Journal: 2,000 requests, 4.8 MiB of 10 GiB, 3.2 requests/s; dead letters open: 0

      NAME     STATE    REQUESTS  BYTES  AGE  EV/S  DELIVERED  DEAD  FULL IN
      archive  running         0    0 B    -  12.5  1,234,567     0        -
      Delivered means stored at archive.

      State file incidents (xiq-siem status --acknowledge ID):
        state:1  2026-11-24 10:00:00Z  damaged: malformed \\u001b[31m; recovered 3, lost 2; moved to quarantine/state-1.sqlite
        state:2  2026-11-24 10:00:00Z  missing: the file was missing; recovered 0, lost unknown"
    `);
  });

  it('every line fits 80 columns, and numbers are not cut', async () => {
    const { stdout } = await run(status, [], { columns: 80 });
    const at = stdout.findIndex((line) => line.startsWith('NAME'));
    const [title = '', first = '', second = ''] = stdout.slice(at);
    expect([title, first, second].join('\n')).toMatchInlineSnapshot(`
      "NAME     STATE    REQUESTS    BYTES     AGE  EV/S  DELIVERED  DEAD  FULL IN
      archive  running         0      0 B       -  12.5  1,234,567     0        -
      elastic  paused      1,204  3.1 MiB  12 min  12.5  1,234,567     7    2.2 d"
    `);
    expect(stdout.filter((line) => textWidth(line) > 80)).toEqual([]);
  });

  it('colours the state, and escapes messages of servers', async () => {
    const { text } = await run(status, [], { columns: 80, colours: true });
    expect(text).toContain('\u001b[32mrunning\u001b[39m');
    expect(text).toContain('\u001b[31mpaused');
    expect(text).not.toContain('\u001b[31mhere');
    expect(text).not.toContain('\u202e');
    expect(text).toContain('\\u001b[31mhere\\u202e');
  });

  it('has a green headline only while it accepts webhooks', async () => {
    const headlineWith = async (ok: boolean) => {
      const accepting = { ok, reasons: ok ? [] : ['journal_full'] };
      return (await run({ ...healthy, accepting }, [], { columns: 80, colours: true })).stdout[0];
    };
    expect(await headlineWith(true)).toContain('\u001b[32mNothing is lost');
    expect(await headlineWith(false)).toContain('\u001b[33mNothing is lost');
  });

  it('--json prints the response', async () => {
    expect((await run(status, ['--json'])).json()).toEqual([status]);
  });
});

describe('--acknowledge and --watch', () => {
  it('acknowledges a gap or an incident', async () => {
    const responses = { acknowledgeGap: async ({ gap }: { gap: string }) => ({ acknowledged: gap }) };
    const { code, text } = await runTest(['status', '--acknowledge', 'elastic:5-9'], responses);
    expect([code, text]).toEqual([0, 'elastic:5-9 is acknowledged.']);
    expect((await runTest(['status', '--acknowledge', 'state:1'], responses)).text).toBe('state:1 is acknowledged.');
    const json = await runTest(['status', '--acknowledge', 'elastic:5-9', '--json'], responses);
    expect(json.json()).toEqual([{ acknowledged: 'elastic:5-9' }]);
  });

  it('needs a running connector to acknowledge: 69', async () => {
    const { code, stderr } = await runTest(['status', '--acknowledge', 'x'], {}, { snapshot: true });
    expect([code, stderr]).toEqual([69, ['no connector runs on /data']]);
  });

  it('--watch repeats until Ctrl-C: 130', async () => {
    const { code, stdout } = await run(healthy, ['--watch', '--json'], { interruptAfter: 3 });
    expect([code, stdout.length]).toEqual([130, 3]);
  });
});

it('a long incident fits the width of the terminal', async () => {
  const incident = { id: 'state:12', at: healthy.at, kind: 'damaged', recovered: 3, lost: 2 } as const;
  const status = {
    ...healthy,
    incidents: [{ ...incident, reason: 'not as they were written '.repeat(8), file: 'quarantine/x' }],
  };
  const { text } = await run(status, [], { columns: 80 });
  const lines = text.split('\n');
  expect(lines.filter((line) => line.includes('quarantine/x'))).toHaveLength(1);
  expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(80);
});
