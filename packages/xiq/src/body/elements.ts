// Splits a body into elements. Their numbers depend only on the JSON structure, not on the mapping.
import type { JsonValue, StoredBody } from '@xiq-siem/core';
import { type BodyText, byteFinder, decodeBody } from './charset.ts';
import { dividedElements, type Element, elementAt, originalOf, type Reading } from './divided-item.ts';
import { countEvents, isDivided } from './envelope.ts';
import { isArray, isObject } from './json-value.ts';
import { type Scan, scanBody } from './scan.ts';

const maxDepth = 64;
const maxElements = 100_000;
/** About one second and 100 MB of parsing. 8 MB of events have at most half of it. */
const maxValues = 1_000_000;
/** JSON.parse takes longer than linear time for large objects. */
const maxMembers = 10_000;

interface BodyFault {
  readonly code:
    | 'empty'
    | 'too_deep'
    | 'too_many_values'
    | 'too_many_fields'
    | 'too_many_elements'
    | 'invalid_json'
    | 'not_array_or_object';
  readonly message: string;
}

type ReadBody =
  | ({ readonly fault: BodyFault; readonly text: string } & Pick<Element, 'originalBytes' | 'invalidBytes'>)
  | { readonly fault: undefined; readonly elements: Iterable<Element>; readonly count: number };

function faultOf(text: string, scan: Scan): BodyFault | undefined {
  if (text.trim() === '') return { code: 'empty', message: 'The body is empty.' };
  if (scan.depth > maxDepth) {
    return { code: 'too_deep', message: `The body nests ${scan.depth} levels deep: at most ${maxDepth} are read.` };
  }
  if (scan.values > maxValues) {
    return { code: 'too_many_values', message: `The body has ${scan.values} values: at most ${maxValues} are read.` };
  }
  if (scan.largestObject > maxMembers) {
    const message = `An object of the body has ${scan.largestObject} fields: at most ${maxMembers} are read.`;
    return { code: 'too_many_fields', message };
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

function countMembers(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (isArray(value)) {
    for (const item of value) count += countMembers(item);
    return count;
  }
  // Here and below: `in` is faster than Object.values, which matters because every value of every body is read.
  for (const name in value) {
    count++;
    const member = value[name];
    if (typeof member === 'object' && member !== null) count += countMembers(member);
  }
  return count;
}

interface Survey {
  readonly count: number;
  /** The items that contain events in place of being one. */
  readonly divided: ReadonlySet<number>;
  /** The items of which JSON.parse loses something: numbers, and values of repeated names, of which it keeps the last. */
  readonly lossy: ReadonlySet<number>;
}

function surveyItems(text: string, scan: Scan, items: readonly JsonValue[], divides: boolean): Survey {
  const divided = new Set<number>();
  let count = 0;
  let members = 0;
  for (let ordinal = 0; ordinal < items.length; ordinal++) {
    const item = items[ordinal] ?? null;
    // Most elements are flat objects: they are read once.
    let isNested = isArray(item);
    if (!isObject(item)) members += countMembers(item);
    else {
      for (const name in item) {
        members++;
        const member = item[name];
        if (typeof member !== 'object' || member === null) continue;
        isNested = true;
        members += countMembers(member);
      }
    }
    if (divides && isNested && isDivided(item)) {
      divided.add(ordinal);
      count += countEvents(item);
    } else count++;
  }
  if (members === scan.members) return { count, divided, lossy: scan.inexact };
  const lossy = new Set(scan.inexact);
  for (const [ordinal, item] of items.entries()) {
    const written = scanBody(text.slice(scan.starts[ordinal], scan.ends[ordinal])).members;
    if (written !== countMembers(item)) lossy.add(ordinal);
  }
  return { count, divided, lossy };
}

function* elementsOf(
  body: BodyText,
  { starts, ends }: Scan,
  items: readonly JsonValue[],
  { divided, lossy }: Survey,
): Generator<Element> {
  const findBytes = body.isUtf8 ? undefined : byteFinder(body);
  const reading: Reading = { text: body.text, findBytes, isItemLossy: false, index: 0, copiedText: 0 };
  for (let ordinal = 0; ordinal < items.length; ordinal++) {
    reading.isItemLossy = lossy.has(ordinal);
    const span = { start: starts[ordinal] ?? 0, end: ends[ordinal] ?? 0 };
    const value = items[ordinal] ?? null;
    if (divided.has(ordinal)) yield* dividedElements(reading, value, span.start);
    else yield elementAt(reading, span, value);
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
 * Reads a body; never throws. The elements are lazy. The items of a webhook's body are events, or contain them: envelopes,
 * nested lists, and observations. The items of a body of origin `rest` are events. A positive integer before an event is the
 * occurrence of its content.
 */
export function readBody({ bytes, metadata }: Pick<StoredBody, 'bytes' | 'metadata'>): ReadBody {
  const body = decodeBody(bytes, metadata.contentType);
  const { text } = body;
  const scan = scanBody(text);
  const fail = (fault: BodyFault): ReadBody => ({
    fault,
    text,
    ...originalOf(text, body.isUtf8 ? undefined : body.bytes),
  });
  const fault = faultOf(text, scan);
  if (fault !== undefined) return fail(fault);
  const parsed = parseItems(text);
  if ('fault' in parsed) return fail(parsed.fault);
  const { items } = parsed;
  const isFetched = metadata.origin === 'rest';
  const survey = surveyItems(text, scan, items, !isFetched);
  if (survey.count > maxElements) return fail(tooMany(survey.count));
  const elements = elementsOf(body, scan, items, survey);
  if (!isFetched) return { fault: undefined, elements, count: survey.count };
  const count = items.filter((item) => !isOccurrence(item)).length;
  return { fault: undefined, elements: fetchedElements(elements), count };
}
