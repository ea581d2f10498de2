// Variants of field names and MAC addresses that a sender may use.
import { isArray, isObject, type Json, type JsonObject } from './json.ts';
import type { Random } from './random.ts';

/** `both`: each field of an element in camel or snake. `acronyms`: `callingStationID`; `train`: `Calling-Station-Id`. */
export type Casing = 'camel' | 'snake' | 'both' | 'pascal' | 'acronyms' | 'lower' | 'train';

export const rareCasings = ['pascal', 'acronyms', 'lower', 'train'] as const satisfies readonly Casing[];

/** Elements use snake_case. The documentation has these two camelCase names where the REST API has one word. */
const irregular: Readonly<Record<string, string>> = { timestamp: 'timeStamp', username: 'userName' };

export function camelCase(name: string): string {
  return irregular[name] ?? name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const writers: Readonly<Record<Exclude<Casing, 'both'>, (name: string) => string>> = {
  camel: camelCase,
  snake: (name) => name,
  pascal: (name) => capitalized(camelCase(name)),
  acronyms: (name) => camelCase(name).replaceAll(/(?:Id|Ip|Mac)(?![a-z])/g, (word) => word.toUpperCase()),
  lower: (name) => name.replaceAll('_', '').toLowerCase(),
  train: (name) => capitalized(camelCase(name)).replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`),
};

/** Fields with elements or an object of their own. */
const nested = ['observations', 'source', 'tags'];

/** The element with its field names, also those of nested objects, in the given casing. */
export function spell(element: JsonObject, casing: Casing, random: Random): JsonObject {
  const spelled: Record<string, Json> = {};
  for (const [name, value] of Object.entries(element)) {
    const own = casing === 'both' ? (random.chance(0.5) ? 'camel' : 'snake') : casing;
    spelled[writers[own](name)] = nested.includes(name) ? spellNested(value, casing, random) : value;
  }
  return spelled;
}

function spellNested(value: Json, casing: Casing, random: Random): Json {
  if (isArray(value)) return value.map((item) => spellNested(item, casing, random));
  return isObject(value) ? spell(value, casing, random) : value;
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
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
