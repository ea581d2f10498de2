import { describe, expect, it } from 'vitest';
import { renderDocument } from '../dead-letters/show.ts';
import { testTerminal } from '../test-session.ts';
import { coloursWanted, colourWriter } from './colours.ts';
import { startProgress } from './progress.ts';
import { renderTable } from './table.ts';
import { cutText, textWidth, wrapText } from './text-width.ts';
import { byteSize, clockTime, counted, duration, rate, shortCount, shortDuration } from './units.ts';

describe('the width of a text', () => {
  it.each([
    ['abc', 3],
    ['', 0],
    ['日本', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['한국어', 6],
    ['a\u200bb', 2],
    ['…', 1],
    ['🇩🇪', 2],
  ])('%j takes %i columns', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  it('a cut never splits a grapheme, and never exceeds the width', () => {
    expect(cutText('destination', 6)).toBe('desti…');
    expect(cutText('日本語', 4)).toBe('日…');
    expect(cutText('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
    expect(cutText('fits', 4)).toBe('fits');
    expect(cutText('x', 0)).toBe('');
  });

  it('lines are broken at spaces, and a word that is too long is a line of its own', () => {
    expect(wrapText('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapText('a longlonglong b', 5)).toEqual(['a', 'longlonglong', 'b']);
    expect(wrapText('a\n\nb', 5)).toEqual(['a', '', 'b']);
  });
});

describe('a table', () => {
  const columns = [{ title: 'NAME' }, { title: 'COUNT', align: 'right' }, { title: 'MESSAGE' }] as const;
  const rows = [
    ['archive', '1,200', 'no problem'],
    [{ text: 'elastic', colour: 'red' } as const, '7', 'x'.repeat(100)],
  ];

  it('fits the terminal: texts are cut, numbers are not', () => {
    expect(renderTable(columns, rows, { columns: 40, colours: false })).toEqual([
      'NAME     COUNT  MESSAGE',
      'archive  1,200  no problem',
      `elastic      7  ${'x'.repeat(23)}…`,
    ]);
  });

  it('is not cut in a pipe', () => {
    expect(renderTable(columns, rows, { columns: undefined, colours: false })[2]).toContain('x'.repeat(100));
  });

  it('aligns its columns with wide or coloured cells', () => {
    const lines = renderTable(
      [{ title: 'A' }, { title: 'B' }],
      [
        ['日本', '1'],
        [{ text: 'x', colour: 'red' }, '2'],
      ],
      {
        ...{ columns: 80, colours: true },
      },
    );
    expect(lines.slice(1)).toEqual(['日本  1', '\u001b[31mx\u001b[39m     2']);
  });

  it('escapes control characters and line ends', () => {
    const [, line] = renderTable([{ title: 'A' }], [['\u001b[2Jgone\nnext\u202e']], { columns: 80, colours: false });
    expect(line).toBe('\\u001b[2Jgone\\nnext\\u202e');
  });

  it('exceeds the width rather than cut a text too short', () => {
    const wide = renderTable([{ title: 'A' }, { title: 'B', align: 'right' }], [['abcdefgh', '1'.repeat(30)]], {
      ...{ columns: 20, colours: false },
    });
    expect(wide[1]).toBe(`abcde…  ${'1'.repeat(30)}`);
  });
});

describe('colours', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  ])('%j, terminal %s: %s', (env, isTerminal, wanted) => {
    expect(coloursWanted(env, isTerminal)).toBe(wanted);
  });

  it('writes no colours if they are off', () => {
    expect(colourWriter({ colours: false })('red', 'x')).toBe('x');
    expect(colourWriter({ colours: true })(undefined, 'x')).toBe('x');
  });
});

describe('units', () => {
  it.each([
    [0.25, '0.3 s'],
    [42, '42 s'],
    [180, '3 min'],
    [184, '3 min 4 s'],
    [7800, '2 h 10 min'],
    [3600 * 24 * 4 + 3600 * 3, '4 d 3 h'],
    [3600 * 24 * 40, '40 d'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('are short in a table', () => {
    expect([5, 90, 7920, 400_000].map(shortDuration)).toEqual(['5 s', '2 min', '2.2 h', '4.6 d']);
    expect([0, 1023, 1024, 1536, 3 * 1024 ** 2, 700 * 1024 ** 3].map(byteSize)).toEqual([
      ...['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '3.0 MiB', '700 GiB'],
    ]);
    expect([1_234_567, 12_345_678, 2_000_000_000].map(shortCount)).toEqual(['1,234,567', '12 M', '2.0 G']);
    expect([null, 0, 0.5, 1234.5].map(rate)).toEqual(['-', '0', '0.5', '1,235']);
    expect([counted(1, 'body', 'bodies'), counted(1200, 'body', 'bodies')]).toEqual(['1 body', '1,200 bodies']);
    expect(clockTime('2026-11-24T12:00:00.123Z')).toBe('2026-11-24 12:00:00Z');
  });
});

it('progress shows the share at once, and the time left when it can be estimated', () => {
  const terminal = testTerminal();
  let nowMs = 0;
  const progress = startProgress({ ...terminal, now: () => nowMs }, 'Scanning', 'bodies');
  progress.show(0, 4000);
  nowMs = 10_000;
  progress.show(1000, 4000);
  progress.show(4000, 4000);
  progress.end();
  expect(terminal.progressLines).toEqual([
    'Scanning: 0 % (0 of 4,000 bodies)',
    'Scanning: 25 % (1,000 of 4,000 bodies, 30 s left)',
    'Scanning: 100 % (4,000 of 4,000 bodies)',
    '',
  ]);
});

it('a document is printed as valid JSON without control characters', () => {
  const document = { message: 'a\u001b[2J\u009b31m\u202eb\nc', n: 1 };
  const lines = renderDocument(document);
  expect(lines).toContain('  "message": "a\\u001b[2J\\u009b31m\\u202eb\\nc",');
  expect(JSON.parse(lines.join('\n'))).toEqual(document);
});
