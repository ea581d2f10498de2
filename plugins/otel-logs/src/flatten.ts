// A document as flat fields, in values that both encodings of OTLP carry alike.
import type { EcsDocument } from '@xiq-siem/core';

export type FieldValue = string | number | boolean | readonly (string | number | boolean)[];

const int64Limit = 2 ** 63;

/** Dotted names to values, without null. Objects named in `asText`, and lists of objects, become one JSON string. */
export function flatten(document: EcsDocument, asText: ReadonlySet<string>): Map<string, FieldValue> {
  const fields = new Map<string, FieldValue>();
  const visit = (value: unknown, name: string): void => {
    if (Array.isArray(value)) {
      const values = value.map(scalar).filter((one) => one !== undefined);
      const isFlat = value.every((one) => one === null || typeof one !== 'object');
      fields.set(name, isFlat ? values : JSON.stringify(value));
    } else if (typeof value === 'object' && value !== null) {
      if (asText.has(name)) fields.set(name, JSON.stringify(value));
      else for (const [key, inner] of Object.entries(value)) visit(inner, name === '' ? key : `${name}.${key}`);
    } else {
      const one = scalar(value);
      if (one !== undefined) fields.set(name, one);
    }
  };
  visit(document, '');
  return fields;
}

/** Half a surrogate pair is no text in protobuf; a whole number beyond 64 bits is none in OTLP's JSON. */
function scalar(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) >= int64Limit ? String(value) : value;
  }
  return typeof value === 'boolean' ? value : undefined;
}
