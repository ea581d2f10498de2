// Scans JSON text, before it is parsed, for its items, its size, and numbers that a double cannot represent.

export interface Scan {
  /** Levels of nesting. */
  readonly depth: number;
  /** Offsets of the items of the top-level array, or of the value itself if the text is not an array. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** The items with a number that a double cannot represent. */
  readonly inexact: ReadonlySet<number>;
  /** Members of all objects, those of a repeated name included. */
  readonly members: number;
  /** Members of the object that has most of them. */
  readonly largestObject: number;
  /** Values, containers included. */
  readonly values: number;
}

const quote = 34;
const comma = 44;
const minus = 45;
const zero = 48;
const nine = 57;
const colon = 58;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const letterF = 102;
const letterN = 110;
const letterT = 116;
const openBrace = 123;
const closeBrace = 125;

/** The offset after the string that starts at `at`. */
export function stringEnd(text: string, at: number): number {
  // Faster than a loop over the characters of every string: most have no escaped character before their end.
  const next = text.indexOf('"', at + 1);
  if (next < 0) return text.length;
  if (text.charCodeAt(next - 1) !== backslash) return next + 1;
  for (let index = at + 1; index < text.length; index++) {
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

/** The offset after the number that starts at `at`. JSON.parse checks that it is valid. */
function numberEnd(text: string, at: number): number {
  let index = digitsEnd(text, at);
  while (index < text.length && '+-.Ee'.includes(text.charAt(index))) index = digitsEnd(text, index);
  return index;
}

/** The digits of a number without leading and trailing zeros ('' for 0), and the power of ten of the last digit. */
export function decimalParts(text: string): { readonly sign: string; readonly digits: string; readonly power: number } {
  const [, sign = '', integer = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = `${integer}${fraction}`.replace(/^0+/, '');
  // Not by /0+$/, which takes quadratic time on a long number.
  let end = all.length;
  while (all.charCodeAt(end - 1) === zero) end--;
  const digits = all.slice(0, end);
  const power = digits === '' ? 0 : Number(exponent) - fraction.length + all.length - digits.length;
  return { sign, digits, power };
}

function isSameDecimal(text: string, other: string): boolean {
  const [a, b] = [decimalParts(text), decimalParts(other)];
  return a.sign === b.sign && a.digits === b.digits && a.power === b.power;
}

/** Whether a double represents the number of its source text exactly. */
export function isExactDouble(source: string): boolean {
  // A double has at most 17 significant digits.
  if (source.length > 64) return false;
  const back = String(Number(source));
  return back === source || isSameDecimal(back, source);
}

/** Never throws. The offsets are correct if the text is valid JSON. */
export function scanBody(text: string): Scan {
  const starts: number[] = [];
  const ends: number[] = [];
  const inexact = new Set<number>();
  let members = 0;
  /** By depth, of the last object. */
  const membersAt: number[] = [];
  let largestObject = 0;
  /** Texts, numbers, literals, objects and arrays: the values, and the names of members. */
  let tokens = 0;
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
      tokens++;
    } else if (code === colon) {
      members++;
      const own = (membersAt[depth] ?? 0) + 1;
      membersAt[depth] = own;
      if (own > largestObject) largestObject = own;
      index++;
      continue;
    } else if (code === openBrace || code === openBracket) {
      if (depth === 0 && start < 0) itemsAt = 1;
      depth++;
      if (depth > deepest) deepest = depth;
      membersAt[depth] = 0;
      tokens++;
      index++;
    } else if (code === closeBrace || code === closeBracket) {
      depth--;
      index++;
    } else if (code === minus || isDigit(code)) {
      const integerEnd = digitsEnd(text, index);
      const after = numberEnd(text, integerEnd - 1);
      // A double represents every integer of up to 15 digits.
      const isShort = after === integerEnd && after - index <= 15 && code !== minus;
      if (!isShort && !isExactDouble(text.slice(index, after))) inexact.add(starts.length);
      index = after;
      tokens++;
    } else {
      // Of `true`, `false` and `null`, the first letter is in none of the rests.
      if (code === letterT || code === letterF || code === letterN) tokens++;
      index++;
    }
    end = index;
  }
  if (itemsAt < 0 && start >= 0) {
    starts.push(start);
    ends.push(end);
  }
  return { depth: deepest, starts, ends, inexact, members, largestObject, values: tokens - members };
}

/** The offset after the value that starts at `at`, in valid JSON. */
export function valueEnd(text: string, at: number): number {
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

export function skip(text: string, at: number, separators: string): number {
  let index = at;
  while (index < text.length && (text.charCodeAt(index) <= 32 || separators.includes(text.charAt(index)))) index++;
  return index;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the members of the object that starts at `at` (valid JSON), in order. `readMember` gets the offset of the value, and
 * returns the offset after it. Returns the offset after the object.
 */
export function readMembers(text: string, at: number, readMember: (name: unknown, start: number) => number): number {
  let index = skip(text, at + 1, '');
  while (text.charCodeAt(index) === quote) {
    const keyEnd = stringEnd(text, index);
    const name: unknown = JSON.parse(text.slice(index, keyEnd));
    index = skip(text, readMember(name, skip(text, keyEnd, ':')), ',');
  }
  return index + 1;
}

/** As `readMembers`, for the items of an array. */
export function readItems(text: string, at: number, readItem: (start: number) => number): number {
  let index = skip(text, at + 1, '');
  while (index < text.length && text.charCodeAt(index) !== closeBracket) index = skip(text, readItem(index), ',');
  return index + 1;
}

/** The span of a member's value in an object's text (valid JSON). Of several members with the name, the last. */
export function memberSpan(text: string, name: string): Span | undefined {
  let found: Span | undefined;
  readMembers(text, 0, (key, start) => {
    const end = valueEnd(text, start);
    if (key === name) found = { start, end };
    return end;
  });
  return found;
}

/** The spans of the items of the array that starts at `at` (valid JSON). */
export function itemSpans(text: string, at: number): readonly Span[] {
  const spans: Span[] = [];
  readItems(text, at, (start) => {
    const end = valueEnd(text, start);
    spans.push({ start, end });
    return end;
  });
  return spans;
}
