// Splits a body into elements. Their numbers depend only on the JSON structure, not on the mapping.
import { Buffer, isUtf8 } from 'node:buffer';
import type { JsonObject, JsonValue, StoredBody } from '@xiq-siem/core';
import { type NamedValue, parseExactly } from './fold-json.ts';
import { itemSpans, memberSpan, type Scan, type Span, scanBody } from './scan.ts';

/** The array in an element whose items are one event each. */
const observations = 'observations';

const maxDepth = 64;
const maxElements = 100_000;
/** If an element has more text beside its observations, its fields are not copied into each of them. */
const maxSharedText = 4_096;

export interface Parent {
  /** Its fields beside the observations. */
  readonly object: JsonObject;
  /** Its text as a JSON object, with null in the place of the observations. */
  readonly text: string;
  /** Whether `object` has less than `text`, as for an element. */
  readonly isLossy: boolean;
  /** Whether this element gets all of its fields, or only the mapped ones. */
  readonly copyAllFields: boolean;
}

export interface Element {
  readonly index: number;
  /** The exact text of the element in the body. */
  readonly text: string;
  /** Its bytes, if they are not valid UTF-8. */
  readonly invalidBytes?: Uint8Array | undefined;
  readonly value: JsonValue;
  /** Whether `value` has less than `text`: one value of a repeated name, or the text of a number that no double represents. */
  readonly isLossy: boolean;
  /** The values that a later member of the same name hides, at any level; also those of a parent that is copied. */
  readonly hidden?: readonly NamedValue[] | undefined;
  /** The element that contains this observation. */
  readonly parent?: Parent | undefined;
  /** The occurrence of its content, if the body gives it. */
  readonly occurrence?: number | undefined;
}

interface BodyFault {
  readonly code: 'empty' | 'utf16' | 'too_deep' | 'too_many_elements' | 'invalid_json' | 'not_array_or_object';
  readonly message: string;
}

type ReadBody =
  | { readonly fault: BodyFault; readonly text: string; readonly invalidBytes: Uint8Array | undefined }
  | { readonly fault: undefined; readonly elements: Iterable<Element>; readonly count: number };

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

/** A body as text: UTF-8 with or without a byte order mark. */
interface BodyText {
  /** With U+FFFD for invalid UTF-8. */
  readonly text: string;
  /** The bytes of `text`, without a byte order mark. */
  readonly bytes: Buffer;
  readonly valid: boolean;
  readonly utf16: boolean;
}

const utf8Mark = [0xef, 0xbb, 0xbf];

/** JSON starts with two ASCII characters, so a zero among the first bytes means UTF-16 (RFC 4627, 3). */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return bytes.length > 1 && (first === 0) !== (second === 0);
}

export function decodeBody(body: Uint8Array): BodyText {
  const all = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const bytes = utf8Mark.every((byte, index) => all[index] === byte) ? all.subarray(utf8Mark.length) : all;
  return { text: bytes.toString('utf8'), bytes, valid: isUtf8(bytes), utf16: looksLikeUtf16(bytes) };
}

function observationsOf(value: JsonValue): readonly JsonValue[] | undefined {
  if (!isObject(value) || !Object.hasOwn(value, observations)) return undefined;
  const items = value[observations];
  return isArray(items) && items.length > 0 ? items : undefined;
}

function faultOf({ text, utf16 }: BodyText, scan: Scan): BodyFault | undefined {
  if (text.trim() === '') return { code: 'empty', message: 'The body is empty.' };
  if (utf16) return { code: 'utf16', message: 'The body is UTF-16: JSON is sent as UTF-8 (RFC 8259).' };
  if (scan.depth > maxDepth) {
    return { code: 'too_deep', message: `The body nests ${scan.depth} levels deep: at most ${maxDepth} are read.` };
  }
  return scan.starts.length > maxElements ? tooMany(scan.starts.length) : undefined;
}

function tooMany(count: number): BodyFault {
  return { code: 'too_many_elements', message: `The body has ${count} elements: at most ${maxElements} are read.` };
}

function parseItems(text: string): { readonly items: readonly JsonValue[] } | { readonly fault: BodyFault } {
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // V8 quotes a part of the text, and may cut a character in half.
    const message = (error instanceof Error ? error.message : String(error)).toWellFormed();
    return { fault: { code: 'invalid_json', message: `The body is not valid JSON: ${message}` } };
  }
  if (isArray(value)) return { items: value };
  if (isObject(value)) return { items: [value] };
  return { fault: { code: 'not_array_or_object', message: 'The body is neither a JSON array nor a JSON object.' } };
}

/** A part of the body as text, and as bytes if they are not valid UTF-8. */
interface Slices {
  readonly text: string;
  /** The bytes of the part, one character for each byte. */
  readonly latin: string | undefined;
}

function invalidBytesOf(latin: string | undefined): Uint8Array | undefined {
  if (latin === undefined) return undefined;
  const bytes = Buffer.from(latin, 'latin1');
  return isUtf8(bytes) ? undefined : bytes;
}

type ReadValue = Pick<Element, 'value' | 'isLossy' | 'hidden'>;

const readValue = (text: string, value: JsonValue | undefined, isItemLossy: boolean): ReadValue =>
  isItemLossy ? parseExactly(text) : { value: value ?? null, isLossy: false };

function* observationElements(
  item: Slices,
  value: JsonObject,
  items: readonly JsonValue[],
  from: number,
  isItemLossy: boolean,
): Generator<Element> {
  const spanIn = (text: string): Span => memberSpan(text, observations) ?? { start: 0, end: 0 };
  const span = spanIn(item.text);
  const latinItems = item.latin === undefined ? undefined : itemSpans(item.latin, spanIn(item.latin).start);
  const [before, after] = [item.text.slice(0, span.start), item.text.slice(span.end)];
  const parentText = `${before}null${after}`;
  const parentValue = readValue(parentText, value, isItemLossy);
  const { [observations]: _, ...object } = isObject(parentValue.value) ? parentValue.value : value;
  const shared = {
    object,
    text: parentText,
    isLossy: parentValue.isLossy,
  };
  const isShort = before.length + after.length <= maxSharedText;
  let ordinal = 0;
  for (const { start, end } of itemSpans(item.text, span.start)) {
    const latinAt = latinItems?.next().value;
    const text = item.text.slice(start, end);
    const latin = latinAt && item.latin?.slice(latinAt.start, latinAt.end);
    const read = readValue(text, items[ordinal], isItemLossy);
    const parent: Parent = { ...shared, copyAllFields: ordinal === 0 || isShort };
    const hidden = parent.copyAllFields ? joined(read.hidden, parentValue.hidden) : read.hidden;
    yield { index: from + ordinal, text, invalidBytes: invalidBytesOf(latin), ...read, hidden, parent };
    ordinal++;
  }
}

function joined<T>(first: readonly T[] | undefined, second: readonly T[] | undefined): readonly T[] | undefined {
  return first === undefined || second === undefined ? (first ?? second) : [...first, ...second];
}

function countMembers(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (isArray(value)) {
    for (const item of value) count += countMembers(item);
    return count;
  }
  // `in` is faster than Object.values, which matters here: this reads every value of every body.
  for (const name in value) {
    count++;
    const member = value[name];
    if (typeof member === 'object' && member !== null) count += countMembers(member);
  }
  return count;
}

/** The items of which JSON.parse loses something: numbers, and values of repeated names, of which it keeps the last. */
function lossyItems(text: string, scan: Scan, items: readonly JsonValue[]): ReadonlySet<number> {
  const membersOf = items.map(countMembers);
  if (scan.members === membersOf.reduce((sum, count) => sum + count, 0)) return scan.inexact;
  const lossy = new Set(scan.inexact);
  for (const [ordinal, count] of membersOf.entries()) {
    const { members } = scanBody(text.slice(scan.starts[ordinal], scan.ends[ordinal]));
    if (members !== count) lossy.add(ordinal);
  }
  return lossy;
}

function* elementsOf(
  body: BodyText,
  scan: Scan,
  items: readonly JsonValue[],
  findObservations: (value: JsonValue) => readonly JsonValue[] | undefined,
): Generator<Element> {
  const latin = body.valid ? undefined : body.bytes.toString('latin1');
  // No byte of a non-ASCII character equals a JSON delimiter: the scan finds the same items in the bytes.
  const latinScan = latin === undefined ? undefined : scanBody(latin);
  const lossy = lossyItems(body.text, scan, items);
  let index = 0;
  for (let ordinal = 0; ordinal < items.length; ordinal++) {
    const text = body.text.slice(scan.starts[ordinal], scan.ends[ordinal]);
    const slices: Slices = { text, latin: latin?.slice(latinScan?.starts[ordinal], latinScan?.ends[ordinal]) };
    const value = items[ordinal] ?? null;
    const observed = findObservations(value);
    if (observed !== undefined && isObject(value)) {
      yield* observationElements(slices, value, observed, index, lossy.has(ordinal));
      index += observed.length;
    } else {
      yield { index, text, invalidBytes: invalidBytesOf(slices.latin), ...readValue(text, value, lossy.has(ordinal)) };
      index++;
    }
  }
}

const isOccurrence = (value: JsonValue): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;

/** The elements of a fetched body. An occurrence number is not an element. */
function* fetchedElements(elements: Iterable<Element>): Generator<Element> {
  let index = 0;
  let occurrence: number | undefined;
  for (const element of elements) {
    if (isOccurrence(element.value)) {
      occurrence = element.value;
      continue;
    }
    yield { ...element, index, occurrence };
    index++;
    occurrence = undefined;
  }
}

/**
 * Reads a body; never throws. The elements are lazy. The items of a webhook's body are events, or have observations. The
 * items of a body of origin `rest` are events. A positive integer before an event is the occurrence of its key.
 */
export function readBody({ bytes, metadata }: Pick<StoredBody, 'bytes' | 'metadata'>): ReadBody {
  const body = decodeBody(bytes);
  const scan = scanBody(body.text);
  const { text, valid } = body;
  const fail = (fault: BodyFault): ReadBody => ({ fault, text, invalidBytes: valid ? undefined : body.bytes });
  const fault = faultOf(body, scan);
  if (fault !== undefined) return fail(fault);
  const parsed = parseItems(text);
  if ('fault' in parsed) return fail(parsed.fault);
  const { items } = parsed;
  if (metadata.origin === 'rest') {
    const elements = fetchedElements(elementsOf(body, scan, items, () => undefined));
    return { fault: undefined, elements, count: items.filter((item) => !isOccurrence(item)).length };
  }
  const count = items.reduce<number>((sum, item) => sum + (observationsOf(item)?.length ?? 1), 0);
  if (count > maxElements) return fail(tooMany(count));
  return { fault: undefined, elements: elementsOf(body, scan, items, observationsOf), count };
}
