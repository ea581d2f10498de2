// For tests: bodies with values that search engines are known to have problems with.
import { elementOf, families } from '@xiq-siem/xiq/test-bodies';
import fc from 'fast-check';

export interface Posted {
  readonly messageType: string | undefined;
  readonly bytes: Uint8Array;
}

/** Written into the JSON as is: numbers that a JavaScript value cannot represent. */
const rawNumber = fc
  .constantFrom('1e400', '-1E+999', '12345678901234567890123', '0.1234567890123456789', '9223372036854775808', '-0.0')
  .map((digits) => `#raw:${digits}`);

/** Around every limit of a keyword, a text, a term and an original, in one to four bytes per character. */
const longText = fc
  .tuple(fc.constantFrom('x', 'ü', '漢', '🛜', 'a b '), fc.constantFrom(1023, 1024, 1025, 8191, 8192, 33_000, 90_000))
  .map(([unit, length]) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length));

const oddScalar = fc.constantFrom<string | number | boolean | null>(
  ...['', ' ', '\0', 'a\0b', '\ud800', '\u2028', '.', '..', '_', 'null', 'NaN', 'Infinity', '1e5', '0x10', '1_000'],
  ...['1.2.3', '01.02.03.04', '256.1.1.1', '::', '::ffff:1.2.3.4', '::1.2.3.4', 'fe80::1%eth0', '1.2.3.4/24', '::1/64'],
  ...['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999-18:00', '2024-02-30T00:00:00Z', '2026-03-01 12:00', '0', '-1'],
  ...[0, -0, -1, 0.1, 90, 90.001, -180, 180.001, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 1e21, 1e308, 5e-324],
  ...[-62_135_596_800_000, 253_402_300_799_999, 253_402_300_800_000, 1e15, 99_999_999_999, true, false, null],
);

/** Keys that look like a field path, or that no field may have. */
const oddKey = fc.oneof(
  fc.constantFrom('', '.', 'a.', '.a', 'a..b', 'a.b', ' ', '\0', '_id', '@timestamp', 'event.id', '__proto__', '*'),
  fc.constantFrom('k', 'ü', '🛜').map((unit) => unit.repeat(600)),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

const deep = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.boolean(), oddScalar).map(([levels, lists, leaf]) => {
  let value: unknown = leaf;
  for (let level = 0; level < levels; level++) value = lists ? [value] : { ['k'.repeat(140)]: value };
  return value;
});

const odd = fc.oneof(
  { weight: 4, arbitrary: oddScalar },
  { weight: 2, arbitrary: longText },
  rawNumber,
  fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
  fc.array(fc.oneof(oddScalar, longText), { maxLength: 3 }),
  fc.dictionary(oddKey, fc.oneof(oddScalar, longText, rawNumber), { maxKeys: 4 }),
  deep,
);

const bytesOf = (value: unknown): Uint8Array =>
  Buffer.from(JSON.stringify(value).replaceAll(/"#raw:([^"]*)"/g, (_, digits: string) => digits));

const rulesOf = (family: string) => families.find((one) => one.family === family)?.rules ?? [];
const observed = fc
  .tuple(elementOf(rulesOf('location'), odd), fc.array(elementOf(rulesOf('location'), odd), { maxLength: 3 }))
  .map(([parent, observations]) => ({ ...parent, observations }));

interface Kind {
  readonly kind: string;
  readonly bodies: fc.Arbitrary<Posted>;
}

/** Bodies of each family under its message type, of an unknown type, and bodies that cannot be parsed. */
export const bodyKinds: readonly Kind[] = [
  ...families.map(({ family, messageType, rules }) => ({
    kind: family,
    bodies: fc
      .oneof(elementOf(rules, odd), fc.array(elementOf(rules, odd), { maxLength: 3 }))
      .map((value) => ({ messageType, bytes: bytesOf(value) })),
  })),
  {
    kind: 'observations',
    bodies: observed.map((value) => ({ messageType: 'LOCATION_AP_CENTRIC', bytes: bytesOf(value) })),
  },
  {
    kind: 'no told type',
    bodies: fc
      .oneof(observed, odd, ...families.map(({ rules }) => elementOf(rules, odd)))
      .map((value) => ({ messageType: undefined, bytes: bytesOf(value) })),
  },
  {
    kind: 'unreadable bytes',
    bodies: fc
      .oneof(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc
          .tuple(elementOf(rulesOf('audit'), odd), fc.uint8Array({ minLength: 1, maxLength: 3 }))
          .map(([value, some]) => {
            const whole = bytesOf(value);
            return Buffer.concat([whole.subarray(0, whole.length / 2), some, whole.subarray(whole.length / 2)]);
          }),
        fc.constantFrom(200_000, 262_144, 300_000).map((length) => new Uint8Array(length).fill(0xff)),
      )
      .map((bytes) => ({ messageType: 'AUDIT_LOG_ALL', bytes })),
  },
];
