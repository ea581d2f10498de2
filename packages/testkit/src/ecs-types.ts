// Whether a value is one that a search engine's field of a type takes.
import { Buffer } from 'node:buffer';
import { isIP } from 'node:net';

/** Bytes of one indexed term (Lucene), and the levels that a flattened field takes. */
const maxTermBytes = 32_766;
const maxFlattenedDepth = 20;

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isGeoPoint(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { lat, lon, ...rest } = value;
  return (
    typeof lat === 'number' &&
    typeof lon === 'number' &&
    Math.abs(lat) <= 90 &&
    Math.abs(lon) <= 180 &&
    Object.keys(rest).length === 0
  );
}

function flattenedFault(value: unknown, path: string, depth: number): string | undefined {
  if (depth > maxFlattenedDepth) return `nests deeper than ${maxFlattenedDepth} levels`;
  if (Array.isArray(value)) {
    for (const item of value) {
      const fault = flattenedFault(item, path, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  if (!isObject(value)) {
    const bytes = Buffer.byteLength(path) + 1 + Buffer.byteLength(String(value));
    return bytes > maxTermBytes ? `holds a term of ${bytes} bytes, more than ${maxTermBytes}` : undefined;
  }
  for (const [key, member] of Object.entries(value)) {
    if (key === '' || key.includes('\0')) return `has the key ${JSON.stringify(key)}`;
    const fault = flattenedFault(member, path === '' ? key : `${path}.${key}`, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const text = [
  (value: unknown) => typeof value === 'string' && value !== '' && value.isWellFormed(),
  'a text that is not empty and has no half of a character',
] as const;
const number = [(value: unknown) => Number.isFinite(value), 'a finite number'] as const;

const expectations: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  boolean: [(value) => typeof value === 'boolean', 'true or false'],
  date: [
    (value) => typeof value === 'string' && rfc3339.test(value) && !Number.isNaN(Date.parse(value)),
    'a time as RFC 3339 writes it',
  ],
  geo_point: [isGeoPoint, 'a point of lat and lon'],
  ip: [(value) => typeof value === 'string' && isIP(value) !== 0 && !value.includes('%'), 'an IP address'],
  long: [(value) => Number.isSafeInteger(value), 'a whole number that a double carries'],
  integer: [
    (value) => typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31,
    'a whole number of 32 bits',
  ],
  double: number,
  float: number,
  scaled_float: number,
  keyword: text,
  constant_keyword: text,
  wildcard: text,
  match_only_text: text,
};

const known: ReadonlyMap<string, readonly [(value: unknown) => boolean, string]> = new Map(
  Object.entries(expectations),
);

/** What is wrong with a value of a field of `type`; undefined where nothing is, or nothing is expected of the type. */
export function typeFault(type: string, value: unknown): string | undefined {
  if (type === 'flattened') return isObject(value) ? flattenedFault(value, '', 0) : 'must be an object';
  const expectation = known.get(type);
  if (expectation === undefined) return undefined;
  const [holds, expected] = expectation;
  return holds(value) ? undefined : `must be ${expected}`;
}
