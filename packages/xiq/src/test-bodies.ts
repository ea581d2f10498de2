// For tests: arbitrary bodies for property-based tests, with mapped fields of each family.
import fc from 'fast-check';
import { mappings } from './mappings/table.ts';
import { messageTypes } from './message-types.ts';
import { camelCase, type FieldRule } from './read/field-table.ts';
import { isPlaceholder, type Kind } from './read/readers.ts';
import { receivedAtMs } from './test-source.ts';

/** Every message type, an unknown one, and undefined. */
export const anyMessageType = fc.constantFrom(...Object.keys(messageTypes), 'SENSOR_LOG_ALL', undefined);

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: length, maxLength: length });
const pairs = (text: string): readonly string[] => text.match(/../g) ?? [];
const mac = fc
  .tuple(hex(12), fc.constantFrom('', ':', '-', '.'))
  .map(([digits, separator]) =>
    separator === '.' ? (digits.match(/.{4}/g) ?? []).join('.') : pairs(digits).join(separator),
  )
  .filter((text) => !isPlaceholder(text, 'mac'));
export const word: fc.Arbitrary<string> = fc
  .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })
  .filter((text) => !isPlaceholder(text, 'text'));
const time = fc.integer({ min: receivedAtMs - 1e11, max: receivedAtMs });

/** A valid value for each kind of rule. */
export const fitting: Readonly<Record<Kind, fc.Arbitrary<unknown>>> = {
  text: fc.oneof(
    word,
    fc.nat(),
    fc.emailAddress(),
    word.map((name) => `DOM\\${name}`),
  ),
  mac,
  station: fc.tuple(mac, word).map(([address, ssid]) => `${address}:${ssid}`),
  ip: fc.oneof(fc.ipV4(), fc.ipV6()).filter((text) => !isPlaceholder(text, 'ip')),
  time: fc.oneof(
    time,
    time.map(String),
    time.map((ms) => Math.floor(ms / 1000)),
    time.map((ms) => new Date(ms).toISOString().replace('Z', '+0000')),
  ),
  count: fc.oneof(fc.nat(), fc.nat().map(String)),
  number: fc.oneof(fc.integer({ min: -80, max: 80 }), fc.constantFrom(0.5, 45.1, '12.25', '-3')),
  list: fc.oneof(
    fc.array(fc.oneof(word, fc.nat()), { minLength: 1, maxLength: 3 }),
    word.map((text) => text.replaceAll(',', ';').trim()),
  ),
  object: fc.record({ source_name: word, other: word }),
};

/** The names of a field in the spellings of senders. */
export const spellings = (name: string, { also = [] }: FieldRule): readonly string[] =>
  [name, ...also].flatMap((known) => {
    const camel = camelCase(known);
    return [camel, known, camel.charAt(0).toUpperCase() + camel.slice(1), camel.toLowerCase(), known.toUpperCase()];
  });

/** Each family with one of its message types and the rules of its table. */
export const families = Object.entries(mappings).map(([family, { fields }]) => {
  const messageType = Object.entries(messageTypes).find(([, known]) => known === family)?.[0] ?? 'SENSOR_LOG_ALL';
  const rules: [string, FieldRule][] = Object.entries(fields);
  return { family, messageType, rules };
});

/** An element of a family: each field has one spelling, and a valid value, another value, or none. */
export const elementOf = (rules: readonly [string, FieldRule][], other: fc.Arbitrary<unknown>) => {
  const fields = rules.map(([name, rule]) =>
    fc.record({
      key: fc.constantFrom(...spellings(name, rule)),
      value: fc.oneof({ weight: 6, arbitrary: fitting[rule.as] }, { weight: 2, arbitrary: other }, fc.constant(null)),
      there: fc.boolean(),
    }),
  );
  const extra = fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 12 }), other), { maxLength: 4 });
  return fc
    .tuple(fc.tuple(...fields), extra)
    .map(([known, unknown]) =>
      Object.fromEntries([
        ...unknown,
        ...known.filter(({ there }) => there).map(({ key, value }) => [key, value] as const),
      ]),
    );
};

export const anyElement: fc.Arbitrary<unknown> = fc.oneof(
  ...families.map(({ rules }) => elementOf(rules, fc.jsonValue({ maxDepth: 4 }))),
  fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
);

export const anyBody: fc.Arbitrary<unknown> = fc.oneof(
  anyElement,
  fc.array(anyElement, { maxLength: 5 }),
  fc.record({ apMac: mac, site: fc.jsonValue(), observations: fc.array(anyElement, { maxLength: 4 }) }),
);
