// Checks whether a value is valid for a field type of Elasticsearch.
import { Buffer } from 'node:buffer';
import { isIP } from 'node:net';

/** Limits of Elasticsearch: bytes of one indexed term, and levels of a flattened field. */
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
  'a non-empty, well-formed string',
] as const;
const number = [(value: unknown) => Number.isFinite(value), 'a finite number'] as const;

const expectations: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  boolean: [(value) => typeof value === 'boolean', 'true or false'],
  date: [
    (value) => typeof value === 'string' && rfc3339.test(value) && !Number.isNaN(Date.parse(value)),
    'an RFC 3339 time',
  ],
  geo_point: [isGeoPoint, 'an object of lat and lon'],
  ip: [(value) => typeof value === 'string' && isIP(value) !== 0 && !value.includes('%'), 'an IP address'],
  long: [(value) => Number.isSafeInteger(value), 'a safe integer'],
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

/** The problem of a value of a field of `type`; undefined if the value is valid or the type is unknown. */
export function typeFault(type: string, value: unknown): string | undefined {
  if (type === 'flattened') return isObject(value) ? flattenedFault(value, '', 0) : 'must be an object';
  const expectation = known.get(type);
  if (expectation === undefined) return undefined;
  const [isValid, expected] = expectation;
  return isValid(value) ? undefined : `must be ${expected}`;
}
