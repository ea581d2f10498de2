// What no rule maps, in a shape that a `flattened` field of a search engine takes.
import type { JsonObject, JsonValue } from '@xiq-siem/core';

/** Levels of objects and arrays that are kept as such; what lies deeper is folded to a JSON text. */
const maxDepth = 14;
/** A keyed term may have 32,766 bytes: 14 keys and a text of these lengths stay below it, at 3 bytes a character. */
const maxTextLength = 8_191;
const maxKeyLength = 128;

/** Cuts a text that is too long, at a character, and says so. */
function boundedText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text.isWellFormed() ? text : text.toWellFormed();
  const mark = `… [cut, ${text.length} characters]`;
  return text.slice(0, maxLength - mark.length).toWellFormed() + mark;
}

function boundedKey(key: string): string {
  if (key === '') return '_';
  const clean = key.includes('\0') ? key.replaceAll('\0', '␀') : key;
  if (clean.length <= maxKeyLength) return clean.isWellFormed() ? clean : clean.toWellFormed();
  return `${clean.slice(0, maxKeyLength - 1).toWellFormed()}…`;
}

const isArray = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

function shaped(value: JsonValue | undefined, depth: number): JsonValue {
  if (typeof value === 'string') return boundedText(value, maxTextLength);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (depth > maxDepth) return boundedText(JSON.stringify(value), maxTextLength);
  if (isArray(value)) return value.map((item) => shaped(item, depth + 1));
  return shapedEntries(Object.entries(value), depth);
}

function shapedEntries(entries: Iterable<readonly [string, JsonValue | undefined]>, depth: number): JsonObject {
  const taken = new Map<string, JsonValue>();
  const tries = new Map<string, number>();
  for (const [key, value] of entries) {
    const wanted = boundedKey(key);
    let name = wanted;
    while (taken.has(name)) {
      const number = (tries.get(wanted) ?? 1) + 1;
      tries.set(wanted, number);
      name = `${wanted}_${number}`;
    }
    taken.set(name, shaped(value, depth + 1));
  }
  // fromEntries defines its properties: a key `__proto__` becomes a field like any other.
  return Object.fromEntries(taken);
}

/** Two entries may have the same key (an observation's and its parent's): the later is given a number. */
export function shapedExtra(entries: Iterable<readonly [string, JsonValue]>): JsonObject {
  return shapedEntries(entries, 0);
}
