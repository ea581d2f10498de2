// Distinguishes the kinds of JSON values.
import type { JsonObject, JsonValue } from '@xiq-siem/core';

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);
