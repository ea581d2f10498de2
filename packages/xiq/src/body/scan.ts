// The text of a body: where its items stand, how deep it goes, and numbers that a double cannot carry.
import type { JsonValue } from '@xiq-siem/core';

export interface Scan {
  /** Levels of nesting of the whole text. */
  readonly depth: number;
  /** Offsets of the top-level array's items; of the bare value itself where the text is no array. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Which of those hold a number that a double cannot carry. */
  readonly inexact: ReadonlySet<number>;
}

const quote = 34;
const comma = 44;
const minus = 45;
const zero = 48;
const nine = 57;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

/** The offset after the string that opens at `at`. */
function stringEnd(text: string, at: number): number {
  let index = at + 1;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote) return index + 1;
    if (code === backslash) index++;
  }
  return text.length;
}

const isDigit = (code: number): boolean => code >= zero && code <= nine;

/** The offset after the digits that follow `at`. */
function digitsEnd(text: string, at: number): number {
  let index = at + 1;
  while (isDigit(text.charCodeAt(index))) index++;
  return index;
}

/** The offset after the number that begins at `at`: whether it is one is JSON.parse's to say. */
function numberEnd(text: string, at: number): number {
  let index = digitsEnd(text, at);
  while (index < text.length && '+-.Ee'.includes(text.charAt(index))) index = digitsEnd(text, index);
  return index;
}

/** A number's digits without leading and trailing zeros, and the power of ten of its last one. */
function decimalOf(text: string): string | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? '';
  const all = `${match[2]}${fraction}`.replace(/^0+/, '');
  const significant = all.replace(/0+$/, '');
  const power = significant === '' ? 0 : Number(match[4] ?? 0) - fraction.length + all.length - significant.length;
  return `${match[1]}${significant}e${power}`;
}

/** Whether a double says the same number as its source text. */
export function carriesExactly(source: string): boolean {
  // A double has 17 digits to say: a text this long is more than it carries, or is written so on purpose.
  if (source.length > 64) return false;
  const back = String(Number(source));
  return back === source || decimalOf(back) === decimalOf(source);
}

/**
 * Parses JSON and keeps a number that a double cannot carry (an id beyond 2^53, 1e400, -0) as its source text. Slow: for
 * the texts that a scan found such a number in. The text is valid JSON.
 */
export function parseExactly(text: string): JsonValue {
  return JSON.parse(text, (_key: string, value: JsonValue, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && !carriesExactly(context.source)
      ? context.source
      : value,
  );
}

/** Never throws; offsets are right where the text is valid JSON, which is for JSON.parse to check. */
export function scanBody(text: string): Scan {
  const starts: number[] = [];
  const ends: number[] = [];
  const inexact = new Set<number>();
  let depth = 0;
  let deepest = 0;
  let itemsAt = -1;
  let start = -1;
  let end = 0;
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code <= 32) {
      index++;
      continue;
    }
    if (depth === itemsAt && (code === comma || code === closeBracket)) {
      if (start >= 0) {
        starts.push(start);
        ends.push(end);
      }
      start = -1;
    } else if (start < 0 && (itemsAt >= 0 || code !== openBracket)) {
      start = index;
    }
    if (code === quote) {
      index = stringEnd(text, index);
    } else if (code === openBrace || code === openBracket) {
      if (depth === 0 && start < 0) itemsAt = 1;
      depth++;
      if (depth > deepest) deepest = depth;
      index++;
    } else if (code === closeBrace || code === closeBracket) {
      depth--;
      index++;
    } else if (code === minus || isDigit(code)) {
      const whole = digitsEnd(text, index);
      const after = numberEnd(text, whole - 1);
      // Up to 15 digits and nothing else: so are nearly all numbers, and a double carries them.
      const isShort = after === whole && after - index <= 15 && code !== minus;
      if (!isShort && !carriesExactly(text.slice(index, after))) inexact.add(starts.length);
      index = after;
    } else {
      index++;
    }
    end = index;
  }
  if (itemsAt < 0 && start >= 0) {
    starts.push(start);
    ends.push(end);
  }
  return { depth: deepest, starts, ends, inexact };
}

/** The offset after the value that begins at `at`, in valid JSON. */
function valueEnd(text: string, at: number): number {
  let depth = 0;
  let index = at;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === quote) {
      index = stringEnd(text, index);
      if (depth === 0) return index;
      continue;
    }
    if (code === openBrace || code === openBracket) depth++;
    else if (code === closeBrace || code === closeBracket) {
      if (depth === 0) return index;
      if (--depth === 0) return index + 1;
    } else if (depth === 0 && (code === comma || code <= 32)) return index;
    index++;
  }
  return index;
}

function skip(text: string, at: number, separators: string): number {
  let index = at;
  while (index < text.length && (text.charCodeAt(index) <= 32 || separators.includes(text.charAt(index)))) index++;
  return index;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a member's value stands in an object's text (valid JSON); of several of that name the last, as JSON.parse does. */
export function memberSpan(text: string, name: string): Span | undefined {
  let found: Span | undefined;
  let index = skip(text, 1, '');
  while (text.charCodeAt(index) === quote) {
    const keyEnd = stringEnd(text, index);
    const key: unknown = JSON.parse(text.slice(index, keyEnd));
    const start = skip(text, keyEnd, ':');
    const end = valueEnd(text, start);
    if (key === name) found = { start, end };
    index = skip(text, end, ',');
  }
  return found;
}

/** Where the items of an array that opens at `at` stand (valid JSON). */
export function* itemSpans(text: string, at: number): Generator<Span> {
  let start = skip(text, at + 1, '');
  while (start < text.length && text.charCodeAt(start) !== closeBracket) {
    const end = valueEnd(text, start);
    yield { start, end };
    start = skip(text, end, ',');
  }
}
