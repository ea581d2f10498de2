import { describe, expect, it } from 'vitest';
import { createLogger, type LogLevel } from './log.ts';
import { fakeClock } from './test-clock.ts';

function logging({ json = true, level = 'info' }: { json?: boolean; level?: LogLevel } = {}) {
  const lines: string[] = [];
  const clock = fakeClock();
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
  it('each event is one line, whatever its attributes contain', () => {
    const { lines, log } = logging({ json });
    log.info('a.event', { hostile });
    log.warn('a.fault', { hostile });
    expect(lines).toHaveLength(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test searches for them
    for (const line of lines) expect(line).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u2028\u202e]+\n$/);
  });

  it('a long attribute is cut at 2,048 characters', () => {
    const { lines, log } = logging({ json });
    log.info('a.event', { long: 'x'.repeat(100_000), short: 'x'.repeat(2_048) });
    expect(
      lines
        .join('')
        .match(/x+…?/g)
        ?.map((text) => text.length),
    ).toEqual([2_048, 2_048]);
  });
});

it('a JSON parser reads the original value of an escaped text', () => {
  const { lines, log } = logging();
  log.info('a.event', { hostile, count: 3, sure: true, missing: undefined });
  expect(JSON.parse(lines.join(''))).toEqual({
    ...{ time: '2026-11-24T00:00:00.000Z', level: 'info', event: 'a.event' },
    ...{ hostile, count: 3, sure: true },
  });
});

it('a cut never splits a character', () => {
  const { lines, log } = logging({ json: false });
  log.info('a.event', { smileys: '😀'.repeat(2_000) });
  expect(lines.join('').isWellFormed()).toBe(true);
});

it.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
] as const)('level %s and higher are written', (level, written) => {
  const { lines, log } = logging({ level });
  log.debug('it');
  log.info('it');
  log.warn('it');
  log.error('it');
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(written);
});

it('repeated warnings and errors are folded; debug and info are not', () => {
  const { lines, log, clock } = logging({ level: 'debug' });
  for (let times = 0; times < 3; times += 1) {
    log.debug('seen');
    log.info('done');
    log.warn('odd', { destination: 'a' });
    log.error('broken', { destination: 'a' });
  }
  expect(lines).toHaveLength(8);
  clock.advance(60_000);
  const repeated = lines.slice(8).map((line) => JSON.parse(line));
  expect(repeated).toMatchObject([
    { level: 'warn', event: 'odd', destination: 'a', repeated: 2 },
    { level: 'error', event: 'broken', destination: 'a', repeated: 2 },
  ]);
});

it('flush writes pending repetitions', () => {
  const { lines, log } = logging();
  log.error('broken');
  log.error('broken');
  log.flush();
  expect(lines.map((line) => JSON.parse(line).repeated)).toEqual([undefined, 1]);
});
