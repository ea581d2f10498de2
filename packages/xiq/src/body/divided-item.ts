// Divides an item of a body into its elements: the events in an envelope, a nested list, or a list of observations.
import { Buffer } from 'node:buffer';
import type { JsonObject, JsonValue } from '@xiq-siem/core';
import type { FindBytes } from './charset.ts';
import { containerOf, isObservations } from './envelope.ts';
import { type NamedValue, parseExactly } from './fold-json.ts';
import { countValues, isArray, isObject, maxElementValues } from './json-value.ts';
import { readItems, readMembers, type Span, valueEnd } from './scan.ts';

/** If the objects around an element have more text, their fields are copied into the first of their elements only. */
const maxSharedText = 4_096;
/** In a body. After it, the same: a short text around 100,000 elements would become much output. */
const maxCopiedText = 16_777_216;

/** An object that contains elements. */
export interface Parent {
  readonly kind: 'observations' | 'envelope';
  /** Its fields beside the elements. */
  readonly object: JsonObject;
  /** Its text as a JSON object, with null in the place of the elements. */
  readonly text: string;
  /** Whether `object` has less than `text`, as for an element. */
  readonly isLossy: boolean;
  /** Whether this element gets all of its fields, or only the mapped ones. */
  readonly copyAllFields: boolean;
  /** The object that contains this one. */
  readonly parent?: Parent | undefined;
}

export interface Element {
  readonly index: number;
  /** The exact text of the element in the body. */
  readonly text: string;
  /** Its bytes in the body, if they are not the text in UTF-8. */
  readonly originalBytes?: Uint8Array | undefined;
  /** The same, if some of the bytes are no character: different bytes may have the same text. */
  readonly invalidBytes?: Uint8Array | undefined;
  readonly value: JsonValue;
  /** Whether `value` has less than `text`: one value of a repeated name, or the text of a number that no double represents. */
  readonly isLossy: boolean;
  /** Whether `value` has more than `maxElementValues`. */
  readonly hasTooManyValues: boolean;
  /** The values that a later member of the same name hides, at any level; also those of a parent that is copied. */
  readonly hidden?: readonly NamedValue[] | undefined;
  /** The object that contains this element: of an observation, or in an envelope with other members. */
  readonly parent?: Parent | undefined;
  /** The occurrence of its content, if the body gives it. */
  readonly occurrence?: number | undefined;
}

/** The progress of reading a body. */
export interface Reading {
  /** Of the body. */
  readonly text: string;
  /** Undefined: the bytes are the text in UTF-8. */
  readonly findBytes: FindBytes | undefined;
  /** Whether JSON.parse lost something of the item that is read. */
  isItemLossy: boolean;
  /** Of the next element. */
  index: number;
  /** Length of the texts around elements that were copied into them. */
  copiedText: number;
}

const noParents: readonly Parent[] = [];

/** The parents of an element, from the inside out. */
export function parentsOf({ parent }: Pick<Element, 'parent'>): readonly Parent[] {
  if (parent === undefined) return noParents;
  const parents: Parent[] = [];
  for (let next: Parent | undefined = parent; next !== undefined; next = next.parent) parents.push(next);
  return parents;
}

type Original = Pick<Element, 'originalBytes' | 'invalidBytes'>;

const sameBytes: Original = {};

/** The original bytes of a text, if they are not the text in UTF-8. */
export function originalOf(text: string, bytes: Uint8Array | undefined): Original {
  if (bytes === undefined || Buffer.from(text).equals(bytes)) return sameBytes;
  return { originalBytes: bytes, invalidBytes: text.includes('\ufffd') ? bytes : undefined };
}

/** What an element gets from the objects around it. */
type Surroundings = Pick<Element, 'parent' | 'hidden'>;

const nothingAround: Surroundings = {};

/** The element that has a span. */
export function elementAt(reading: Reading, { start, end }: Span, value: JsonValue, around = nothingAround): Element {
  const text = reading.text.slice(start, end);
  const { originalBytes, invalidBytes } = originalOf(text, reading.findBytes?.(start, end));
  // The shortest value has two characters, with its comma.
  const hasTooManyValues =
    text.length > 2 * maxElementValues && countValues(value, maxElementValues) > maxElementValues;
  const exact = reading.isItemLossy && !hasTooManyValues ? parseExactly(text) : undefined;
  return {
    index: reading.index++,
    text,
    originalBytes,
    invalidBytes,
    value: exact === undefined ? value : exact.value,
    isLossy: exact?.isLossy === true,
    hasTooManyValues,
    hidden: joined(exact?.hidden, around.hidden),
    parent: around.parent,
  };
}

function joined<T>(first: readonly T[] = [], second: readonly T[] = []): readonly T[] | undefined {
  return first.length + second.length === 0 ? undefined : [...first, ...second];
}

/** An object that contains elements: its place in the text of the body. */
interface Container extends Span {
  readonly value: JsonObject;
  /** Of the member that contains the elements. */
  readonly name: string;
  readonly inside: Span;
  readonly outer: Container | undefined;
}

interface Place extends Span {
  readonly value: JsonValue;
  readonly container: Container | undefined;
}

/**
 * Adds the places of the elements in the value that starts at `at`. Returns the offset after the value. Reads each part of
 * the text once, however deep the elements are.
 */
function findPlaces(
  text: string,
  at: number,
  value: JsonValue,
  container: Container | undefined,
  places: Place[],
): number {
  const addPlace = (start: number, element: JsonValue): number => {
    const end = valueEnd(text, start);
    places.push({ start, end, value: element, container });
    return end;
  };
  const opening = text.charAt(at);
  // A value of a repeated name may differ from `value`: its elements do not count.
  if (isArray(value) && opening === '[') {
    let ordinal = 0;
    const isObserved = container !== undefined && isObservations(container.name);
    return readItems(text, at, (start) => {
      const item = value[ordinal++] ?? null;
      return isObserved ? addPlace(start, item) : findPlaces(text, start, item, container, places);
    });
  }
  const name = isObject(value) && opening === '{' ? containerOf(value) : undefined;
  if (name === undefined || !isObject(value)) return addPlace(at, value);
  const found = { start: at, end: at, value, name, inside: { start: at, end: at }, outer: container };
  const before = places.length;
  found.end = readMembers(text, at, (key, start) => {
    if (key !== name) return valueEnd(text, start);
    // Of several members with the name, the last counts.
    places.length = before;
    const end = findPlaces(text, start, value[name] ?? null, found, places);
    found.inside = { start, end };
    return end;
  });
  return found.end;
}

/** What the elements in a container share. */
interface Shared extends Omit<Parent, 'copyAllFields' | 'parent'> {
  readonly hidden: readonly NamedValue[];
  /** An envelope without other members. */
  readonly isEmpty: boolean;
  /** Of the text around the elements, up to the item. */
  readonly length: number;
}

function sharedIn(reading: Reading, { value, name, start, end, inside }: Container, outerLength: number): Shared {
  const before = reading.text.slice(start, inside.start);
  const after = reading.text.slice(inside.end, end);
  const text = `${before}null${after}`;
  const exact = reading.isItemLossy ? parseExactly(text) : undefined;
  const { [name]: _, ...object } = isObject(exact?.value) ? exact.value : value;
  const { isLossy = false, hidden = [] } = exact ?? {};
  const kind = isObservations(name) ? 'observations' : 'envelope';
  const isEmpty = kind === 'envelope' && hidden.length === 0 && Object.keys(object).length === 0;
  const length = outerLength + (isEmpty ? 0 : before.length + after.length);
  return { kind, object, text, isLossy, hidden, isEmpty, length };
}

/** The elements of an item that is divided and starts at `at`. */
export function* dividedElements(reading: Reading, item: JsonValue, at: number): Generator<Element> {
  const places: Place[] = [];
  findPlaces(reading.text, at, item, undefined, places);
  const known = new Map<Container, Shared>();
  /** The containers of which the first element has been read. */
  const started = new Set<Container>();

  function sharedOf(container: Container | undefined): Shared | undefined {
    if (container === undefined) return undefined;
    const shared = known.get(container) ?? sharedIn(reading, container, sharedOf(container.outer)?.length ?? 0);
    known.set(container, shared);
    return shared;
  }

  function surroundingsIn(container: Container | undefined): Surroundings {
    const shared = sharedOf(container);
    if (container === undefined || shared === undefined) return nothingAround;
    const above = surroundingsIn(container.outer);
    const { isEmpty, hidden, length, ...own } = shared;
    if (isEmpty) return above;
    const isCheap = length <= maxSharedText && reading.copiedText + length <= maxCopiedText;
    const copyAllFields = isCheap || !started.has(container);
    if (copyAllFields) reading.copiedText += length;
    started.add(container);
    return {
      parent: { ...own, copyAllFields, parent: above.parent },
      hidden: copyAllFields ? joined(hidden, above.hidden) : above.hidden,
    };
  }

  for (const place of places) yield elementAt(reading, place, place.value, surroundingsIn(place.container));
}
