// Every problem on the screen of an operator: the first line, its reason, the next command, and the exit code.
import { type ProblemCode, problemCodes, problemTable } from '@xiq-siem/admin-api';
import { describe, expect, it } from 'vitest';
import { textWidth } from '../terminal/text-width.ts';
import { runTest } from '../test-session.ts';
import { examples, type Facts, healthy, withProblems } from './test-status.ts';

const screen = { columns: 80, rows: 24 };
const shown = (facts: Facts, args: readonly string[] = [], options = {}) =>
  runTest(['status', ...args], { status: async () => withProblems(facts) }, options);
const exitOf = (codes: readonly ProblemCode[]): number =>
  codes.some((code) => problemTable[code].severity !== 'notice') ? 1 : 0;
const joined = (lines: readonly string[]): string => lines.join(' ').replaceAll(/ +/g, ' ');

it('without a problem the first line says that nothing is lost: exit 0', async () => {
  const { code, stdout } = await shown(healthy, [], screen);
  expect(stdout[0]).toBe('Nothing is lost: every event is accounted for');
  expect(code).toBe(0);
});

it('shows how many events share an id with an event of another request', async () => {
  const facts = { ...healthy, sources: [{ name: 'xiq', repeatedContent: 12 }] };
  const { code, stdout } = await shown(facts, [], screen);
  expect(joined(stdout)).toContain('Equal to an event of another request, with one id: 12 events of xiq.');
  expect(code).toBe(0);
});

describe.each(problemCodes)('Operator: %s', (problem) => {
  const { change, first } = examples[problem];
  const facts = change(healthy);

  it('is the first line; reason and next step are shown; the exit code agrees', async () => {
    for (const options of [screen, {}]) {
      const { code, stdout } = await shown(facts, [], options);
      expect(joined(stdout).startsWith(first), joined(stdout)).toBe(true);
      expect(code).toBe(exitOf([problem]));
      const [only, ...others] = withProblems(facts).problems;
      expect([only?.code, others]).toEqual([problem, []]);
      expect(joined(stdout)).toContain(`${joined([only?.text ?? '-'])}`);
      expect(joined(stdout)).toContain(`Next: ${only?.next.replaceAll('`', '') ?? '-'}`);
    }
  });

  it('fits 80 x 24', async () => {
    const { stdout } = await shown(facts, [], screen);
    expect(stdout.filter((line) => textWidth(line) > 80)).toEqual([]);
    expect(stdout.length).toBeLessThan(24);
  });

  it('is in the list of --json, with the same exit code', async () => {
    const { code, json } = await shown(facts, ['--json']);
    expect(json()).toMatchObject([{ problems: [{ code: problem, severity: problemTable[problem].severity }] }]);
    expect(code).toBe(exitOf([problem]));
  });
});

const pairs = problemCodes.flatMap((worse, index) =>
  problemCodes.slice(index + 1).map((other) => [worse, other] as const),
);

it('of two problems, the worse one is the first line, and the other one is counted', async () => {
  for (const [worse, other] of pairs) {
    const facts = examples[worse].change(examples[other].change(healthy));
    const codes = withProblems(facts).problems.map(({ code }) => code);
    // Two changes may make one problem: a paused destination is not down as well.
    if (!codes.includes(other) || !codes.includes(worse)) continue;
    const { code, stdout } = await shown(facts, [], screen);
    const first = examples[worse].first.replace('; nothing is lost', '');
    expect(joined(stdout).startsWith(first), `${worse} and ${other}: ${joined(stdout)}`).toBe(true);
    expect(joined(stdout.slice(0, 2))).toMatch(/; [1-9] other problem/);
    expect(code).toBe(exitOf([worse, other]));
    const isSafe = codes.every((one) => problemTable[one].nothingLost);
    expect(joined(stdout.slice(0, 2)).includes('nothing is lost'), `${worse} and ${other}`).toBe(isSafe);
  }
});

it('most pairs are two problems', () => {
  const both = pairs.filter(([worse, other]) => {
    const codes = withProblems(examples[worse].change(examples[other].change(healthy))).problems;
    return new Set(codes.map(({ code }) => code)).size > 1;
  });
  expect(both.length).toBeGreaterThan(pairs.length * 0.9);
});

describe('all problems at once', () => {
  const facts = problemCodes.toReversed().reduce((before, code) => examples[code].change(before), healthy);

  it('at 80 x 24 the worst ones stay on the screen whole, and the figures give way', async () => {
    const { stdout } = await shown(facts, [], screen);
    expect(stdout.length).toBeLessThanOrEqual(23);
    expect(stdout.filter((line) => textWidth(line) > 80)).toEqual([]);
    expect(stdout[0]).toMatch(/^ACCOUNTING MISMATCH: 3 events of elastic-prod unaccounted for; \d+ other problems$/);
    expect(joined(stdout)).toContain('3 events unaccounted for. Next: keep the data directory and report a bug');
    expect(joined(stdout)).toMatch(/… \d+ more problems: xiq-siem status \| cat/);
    expect(joined(stdout)).not.toMatch(/Journal:|Delivered means/);
    expect(stdout.filter((line) => line.startsWith('NAME'))).toHaveLength(1);
  });

  it('in a pipe nothing is left out', async () => {
    const { stdout } = await shown(facts);
    for (const { text } of withProblems(facts).problems) expect(joined(stdout)).toContain(text);
  });
});

it('three of five destinations are down: the first line names them', async () => {
  const down = { ...examples.destination_down.change(healthy).destinations[1] };
  const destinations = healthy.destinations.map((one, index) =>
    index > 1 ? { ...one, ...down, name: one.name } : one,
  );
  const { code, stdout } = await shown({ ...healthy, destinations }, [], screen);
  expect(joined(stdout)).toMatch(
    /^NOT DELIVERING: splunk \(unreachable, for 10 min\), otel \(unreachable, for 10 min\), lake \(.*\); nothing is lost/,
  );
  expect(code).toBe(1);
});

it('the commands have the options of the user, and are not broken over two lines', async () => {
  const facts = examples.dead_letters.change(healthy);
  const { stdout } = await shown(facts, ['-c', "/etc/my siem/it's.yaml", '--data', '/data'], screen);
  const options = `-c '/etc/my siem/it'\\''s.yaml' --data /data`;
  for (const command of ['list', 'retry']) {
    const whole = `xiq-siem dlq ${command} --destination elastic-prod ${options}`;
    expect(stdout.some((line) => line.includes(whole))).toBe(true);
  }
  const stopped = await shown(examples.not_running.change(healthy), ['-c', 'c.yaml', '--data', '/data'], screen);
  expect(joined(stopped.stdout)).toContain('Next: xiq-siem serve -c c.yaml');
  expect(joined(stopped.stdout)).not.toContain('serve -c c.yaml --data');
});

it.each([
  // damaged, bodies in gaps of this destination, in a gap of another one, expected
  [441, 441, 0, undefined],
  [441, 500, 0, undefined],
  [441, 400, 0, 41],
  [441, 0, 441, 441],
  [0, 0, 5, undefined],
])(
  'A3: %i requests skipped, %i of them in shown gaps (%i of another destination): DAMAGED counts %s',
  async (damaged, own, other, expected) => {
    const gapOf = (destination: string, bodies: number) => ({
      ...{
        id: `${destination}:1-999`,
        destination,
        fromSequence: 1,
        toSequence: 999,
        bodies,
        bytes: 9,
        at: healthy.at,
      },
    });
    const gaps = [gapOf('elastic-prod', own), gapOf('splunk', other)].filter(({ bodies }) => bodies > 0);
    const destinations = healthy.destinations.map((one) =>
      one.name === 'elastic-prod' ? { ...one, counters: { ...one.counters, damaged } } : one,
    );
    const facts = { ...healthy, gaps, destinations };
    const lines = withProblems(facts).problems.filter(({ code }) => code === 'requests_damaged');
    const counts = expected === undefined ? [] : [`${expected} requests of elastic-prod`];
    expect(lines.map(({ summary }) => summary)).toEqual(counts);
    const hint = 'xiq-siem replay --destination elastic-prod --from TIME --to TIME';
    expect((await shown(facts)).text.includes(hint)).toBe(expected !== undefined);
  },
);
