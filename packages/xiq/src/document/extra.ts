// Limits unmapped fields to what a search engine accepts.
import type { JsonObject, JsonValue } from '@xiq-siem/core';
import { isArray } from '../body/json-value.ts';

/** Levels of objects and arrays. A deeper value becomes a JSON text. */
const maxDepth = 14;
/** A term of a flattened field may have 32,766 bytes. 14 keys and a text of these lengths, at 3 bytes a character, are below. */
const maxTextLength = 8_191;
const maxKeyLength = 128;

/** Truncates a long text at a character, and adds its length. */
export function boundedText(text: string, maxLength: number): string {
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

function limitValue(value: JsonValue | undefined, depth: number): JsonValue {
  if (typeof value === 'string') return boundedText(value, maxTextLength);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (depth > maxDepth) return boundedText(JSON.stringify(value), maxTextLength);
  if (isArray(value)) return value.map((item) => limitValue(item, depth + 1));
  return limitEntries(Object.entries(value), depth);
}

function limitEntries(entries: Iterable<readonly [string, JsonValue | undefined]>, depth: number): JsonObject {
  const limited = new Map<string, JsonValue>();
  const counts = new Map<string, number>();
  for (const [key, value] of entries) {
    const wanted = boundedKey(key);
    let name = wanted;
    while (limited.has(name)) {
      const number = (counts.get(wanted) ?? 1) + 1;
      counts.set(wanted, number);
      name = `${wanted}_${number}`;
    }
    limited.set(name, limitValue(value, depth + 1));
  }
  // fromEntries defines properties, so a key `__proto__` is an ordinary field.
  return Object.fromEntries(limited);
}

/**
 * Limits unmapped fields to what a `flattened` field of a search engine accepts. If two entries have the same key (of an
 * observation and its parent), the second key gets a number.
 */
export function limitExtra(entries: Iterable<readonly [string, JsonValue]>): JsonObject {
  return limitEntries(entries, 0);
}
