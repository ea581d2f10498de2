// Variants of field names, MAC addresses and times that a sender may use.
import type { Json, JsonObject } from './json.ts';
import type { Random } from './random.ts';

/** `both`: each field of an element in one of both. */
export type Casing = 'camel' | 'snake' | 'both';

/** Elements use snake_case. The documentation has these two camelCase names where the REST API has one word. */
const irregular: Readonly<Record<string, string>> = { timestamp: 'timeStamp', username: 'userName' };

export function camelCase(name: string): string {
  return irregular[name] ?? name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The element with its field names, also those of nested objects, in the given casing. */
export function spell(element: JsonObject, casing: Casing, random: Random): JsonObject {
  const spelled: Record<string, Json> = {};
  for (const [name, value] of Object.entries(element)) {
    const camel = casing === 'camel' || (casing === 'both' && random.chance(0.5));
    spelled[camel ? camelCase(name) : name] = name === 'observations' ? spellAll(value, casing, random) : value;
  }
  return spelled;
}

function spellAll(value: Json, casing: Casing, random: Random): Json {
  if (!Array.isArray(value)) return value;
  return value.map((item: JsonObject) => spell(item, casing, random));
}

const macNotations: readonly ((hex: string) => string)[] = [
  (hex) => hex,
  (hex) => hex.toUpperCase(),
  (hex) => pairs(hex).join(':'),
  (hex) => pairs(hex).join(':').toUpperCase(),
  (hex) => pairs(hex).join('-'),
  (hex) => pairs(hex).join('-').toUpperCase(),
  (hex) => hex.replace(/^(.{4})(.{4})(.{4})$/, '$1.$2.$3'),
];

function pairs(hex: string): string[] {
  return hex.match(/../g) ?? [];
}

/** Writes a MAC address (12 hex digits) in a random notation. */
export function writeMac(hex: string, random: Random): string {
  return random.pick(macNotations)(hex);
}

export type TimeForm = 'ms' | 's' | 'iso';

export function pickTimeForm(random: Random): TimeForm {
  return random.chance(0.85) ? 'ms' : random.chance(0.5) ? 's' : 'iso';
}

/** Epoch milliseconds in the given form. */
export function writeTime(timeMs: number, form: TimeForm): Json {
  if (form === 'ms') return timeMs;
  return form === 's' ? Math.floor(timeMs / 1000) : isoWithOffset(timeMs);
}

/** ISO 8601 with an offset without a colon, as in the location feed. */
export function isoWithOffset(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('Z', '+0000');
}
