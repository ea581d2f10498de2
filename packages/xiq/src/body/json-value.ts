// Distinguishes the kinds of JSON values.
import type { JsonObject, JsonValue } from '@xiq-siem/core';

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

/**
 * The largest number of values in an element, or beside the elements in an object that contains them. Final, because it
 * decides what an element is.
 */
export const maxElementValues = 10_000;

/** The number of values in a value, itself included. Counts to a few more than `most`. */
export function countValues(value: JsonValue | undefined, most: number): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  for (const inner of isArray(value) ? value : Object.values(value)) {
    count += countValues(inner, most - count);
    if (count > most) break;
  }
  return count;
}
