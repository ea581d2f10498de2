import type { DestinationState } from '@xiq-siem/admin-api';
import { describe, expect, it } from 'vitest';
import { textWidth } from '../terminal/text-width.ts';
import { runTest } from '../test-session.ts';
import { type Facts, healthy as five, running, withProblems } from './test-status.ts';

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
const healthy: Facts = { ...five, destinations: [running] };
const run = (facts: Facts, args: string[] = [], options = {}) =>
  runTest(['status', ...args], { status: async () => withProblems(facts) }, options);

it('no problem: what is accepted, the last webhook of each source, and the journal', async () => {
  const { code, stdout } = await run({ ...healthy, sources: [...(healthy.sources ?? []), { name: 'guest' }] });
  expect(code).toBe(0);
  expect(stdout.slice(0, 3)).toEqual([
    'Nothing is lost: every event is accounted for',
    'Accepting webhooks (0.1.0, up 2 h 10 min). Last webhook: xiq 12 s ago, guest -',
    'Journal: 2,000 requests, 4.8 MiB of 10 GiB, 3.2 requests/s; dead letters open: 0',
  ]);
});

it('of a stopped connector the first line is the worst problem too, and the last one says that it is a snapshot: 1', async () => {
  const { accepting: _, started: __, ...stopped } = healthy;
  const { code, stdout } = await run({ ...stopped, snapshot: true }, [], { snapshot: true, columns: 80, rows: 24 });
  expect(stdout[0]).toBe('NOT RUNNING: no request waits');
  expect(stdout[1]).toBe('Not running (0.1.0). Last webhook: xiq 12 s ago');
  expect(stdout.at(-1)).toBe('snapshot of a stopped connector (/data): read from its files, nothing is changed');
  expect(code).toBe(1);
});

it('with an unreadable state file dead letters are shown as unknown', async () => {
  const { text } = await run({ ...healthy, stateFault: 'state.sqlite: file is not a database' });
  expect(text).toContain('dead letters open: unknown');
  expect(text).toMatch(/archive +running.* \?$/m);
});

it('in a narrow terminal the least important columns are left out; in a pipe none', async () => {
  const titles = async (options: object) =>
    (await run(five, [], options)).stdout.find((line) => line.startsWith('NAME'))?.replaceAll(/ +/g, ' ');
  expect(await titles({})).toBe('NAME STATE REQUESTS BYTES AGE EV/S DELIVERED FILTERED DEAD');
  expect(await titles({ columns: 72 })).toBe('NAME STATE REQUESTS AGE EV/S DELIVERED FILTERED DEAD');
  expect(await titles({ columns: 55 })).toBe('NAME STATE REQUESTS AGE FILTERED DEAD');
});

describe('problems', () => {
  const status: Facts = {
    ...{ ...healthy, destinations: [running, paused], notConfigured: [{ name: 'old', bodies: 0 }], jobsRunning: 1 },
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
      "NOT ACCEPTING: webhooks (journal_full, secret_unavailable:xiq); 4 other problems
      NOT ACCEPTING webhooks: journal_full, secret_unavailable:xiq (0.1.0, up 2 h 10 min). Last webhook: xiq 12 s ago
      Journal: 2,000 requests, 4.8 MiB of 10 GiB, 3.2 requests/s; dead letters open: 7; 1 job running (xiq-siem jobs)

      ! webhooks are not accepted: journal_full, secret_unavailable:xiq. Next: fix the destinations that hold requests in the journal, or raise journal.maxBytes and restart
      ! elastic: 4 requests evicted from the full journal before it had them, last at 2026-11-24T10:00:00Z. Next: xiq-siem backfill --force-duplicates --from TIME --to TIME if the source has an api (delivered events come again, with another event.id), then xiq-siem status --acknowledge elastic:5-9
      ! elastic: index_template_missing: no template \\u001b[31mhere\\u202e. 1,204 requests wait. Next: xiq-siem setup elastic. The connector retries automatically; at once with xiq-siem destination resume elastic
      ! elastic: 7 dead letters. Next: xiq-siem dlq list --destination elastic, fix the cause, then xiq-siem dlq retry --destination elastic
      ! old: not configured, but its position is still stored. Next: xiq-siem destination forget old

      NAME     STATE    REQUESTS    BYTES     AGE  EV/S  DELIVERED  FILTERED  DEAD  FULL IN
      archive  running         0      0 B       -  12.5  1,234,500        67     0        -
      elastic  paused      1,204  3.1 MiB  12 min  12.5  1,234,500        67     7    2.2 d
      Delivered means stored at archive; indexed at elastic."
    `);
  });

  it('every line fits 80 columns, and numbers are not cut', async () => {
    const { stdout } = await run(status, [], { columns: 80 });
    const at = stdout.findIndex((line) => line.startsWith('NAME'));
    const [title = '', first = '', second = ''] = stdout.slice(at);
    expect([title, first, second].join('\n')).toMatchInlineSnapshot(`
      "NAME     STATE    REQUESTS     AGE  EV/S  DELIVERED  FILTERED  DEAD  FULL IN
      archive  running         0       -  12.5  1,234,500        67     0        -
      elastic  paused      1,204  12 min  12.5  1,234,500        67     7    2.2 d"
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

  it('has a green headline only without a problem', async () => {
    const first = async (facts: Facts) => (await run(facts, [], { columns: 80, colours: true })).stdout[0];
    expect(await first(healthy)).toContain('\u001b[32mNothing is lost');
    expect((await first(status))?.startsWith('\u001b[31m')).toBe(true);
    expect((await first({ ...healthy, notConfigured: [{ name: 'old', bodies: 0 }] }))?.startsWith('\u001b[33m')).toBe(
      true,
    );
  });

  it('--json prints the response', async () => {
    expect((await run(status, ['--json'])).json()).toEqual([withProblems(status)]);
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
