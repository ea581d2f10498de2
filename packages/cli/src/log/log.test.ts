import { describe, expect, it } from 'vitest';
import { createLogger, type LogLevel } from './log.ts';
import { drivenClock } from './test-clock.ts';

function logging({ json = true, level = 'info' }: { json?: boolean; level?: LogLevel } = {}) {
  const lines: string[] = [];
  const clock = drivenClock();
  const log = createLogger({
    json,
    level,
    write: (line) => lines.push(line),
    now: () => Date.UTC(2026, 10, 24),
    clock,
  });
  return { lines, log, clock };
}

const hostile = 'red \u001b[31m, two\nlines, \u0085next, \u202eright to left, \u2028, "quoted" \\ and \u007f';

describe.each([true, false])('json %s', (json) => {
  it('every fact is one line, whatever stands in it', () => {
    const { lines, log } = logging({ json });
    log.info('a.fact', { hostile });
    log.warn('a.fault', { hostile });
    expect(lines).toHaveLength(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    for (const line of lines) expect(line).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u2028\u202e]+\n$/);
  });

  it('a fact of great length is cut at 2,048 characters', () => {
    const { lines, log } = logging({ json });
    log.info('a.fact', { long: 'x'.repeat(100_000), short: 'x'.repeat(2_048) });
    expect(
      lines
        .join('')
        .match(/x+…?/g)
        ?.map((text) => text.length),
    ).toEqual([2_048, 2_048]);
  });
});

it('what was escaped for a terminal still means the same to a JSON parser', () => {
  const { lines, log } = logging();
  log.info('a.fact', { hostile, count: 3, sure: true, missing: undefined });
  expect(JSON.parse(lines.join(''))).toEqual({
    ...{ time: '2026-11-24T00:00:00.000Z', level: 'info', event: 'a.fact' },
    ...{ hostile, count: 3, sure: true },
  });
});

it('a cut in the midst of a character leaves no half of it', () => {
  const { lines, log } = logging({ json: false });
  log.info('a.fact', { smileys: '😀'.repeat(2_000) });
  expect(lines.join('').isWellFormed()).toBe(true);
});

it.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
] as const)('from level %s up', (level, written) => {
  const { lines, log } = logging({ level });
  log.debug('it');
  log.info('it');
  log.warn('it');
  log.error('it');
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(written);
});

it('warnings and errors that repeat are folded; what merely happens is not', () => {
  const { lines, log, clock } = logging({ level: 'debug' });
  for (let times = 0; times < 3; times += 1) {
    log.debug('seen');
    log.info('done');
    log.warn('odd', { destination: 'a' });
    log.error('broken', { destination: 'a' });
  }
  expect(lines).toHaveLength(8);
  clock.pass(60_000);
  const repeated = lines.slice(8).map((line) => JSON.parse(line));
  expect(repeated).toMatchObject([
    { level: 'warn', event: 'odd', destination: 'a', repeated: 2 },
    { level: 'error', event: 'broken', destination: 'a', repeated: 2 },
  ]);
});

it('a flush, as at the end of the process, tells what was held back', () => {
  const { lines, log } = logging();
  log.error('broken');
  log.error('broken');
  log.flush();
  expect(lines.map((line) => JSON.parse(line).repeated)).toEqual([undefined, 1]);
});
