// JSON values and their text: like JSON.stringify, with integers of any size and several styles.

export type Json = string | number | bigint | boolean | null | readonly Json[] | JsonObject | RepeatedNames;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** An object in which names may repeat. */
export class RepeatedNames {
  readonly entries: readonly (readonly [string, Json])[];
  constructor(entries: readonly (readonly [string, Json])[]) {
    this.entries = entries;
  }
}

export interface JsonStyle {
  /** `{ "a" : 1 }`, as documented, rather than `{"a":1}`. */
  readonly spaced: boolean;
  /** Letters beyond ASCII as `\uXXXX`. */
  readonly ascii: boolean;
}

export function toJson(value: Json, style: JsonStyle): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return stringToJson(value, style);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const [comma, colon, pad] = style.spaced ? [', ', ' : ', ' '] : [',', ':', ''];
  if (isArray(value)) return `[${pad}${value.map((item) => toJson(item, style)).join(comma)}${pad}]`;
  const entries = value instanceof RepeatedNames ? value.entries : Object.entries(value);
  const fields = entries.map(([key, item]) => `"${key}"${colon}${toJson(item, style)}`);
  return `{${pad}${fields.join(comma)}${pad}}`;
}

function stringToJson(text: string, style: JsonStyle): string {
  const json = JSON.stringify(text);
  if (!style.ascii) return json;
  return json.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isArray(value) && !(value instanceof RepeatedNames);
}
