// Properties of arbitrary bodies.
import { validateEcs } from '@xiq-siem/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mappings } from './mappings/table.ts';
import { statedReason } from './mappings/words.ts';
import { camelCase, type FieldRule } from './read/field-table.ts';
import { readMac, readStation } from './read/mac.ts';
import type { Kind } from './read/readers.ts';
import { readTime } from './read/time.ts';
import { xiqSource } from './source.ts';
import { anyBody, anyMessageType, elementOf, families, fitting, spellings, word } from './test-bodies.ts';
import { eventsOf, receivedAtMs } from './test-source.ts';

const types = anyMessageType;
const utc = { offset: () => [0], receivedAtMs };

// Limits the time for shrinking a failure.
fc.configureGlobal({ interruptAfterTimeLimit: 10_000 });

function checkAll(content: string | Uint8Array, messageType: string | undefined): void {
  const events = eventsOf(content, messageType);
  for (const event of events) {
    expect(validateEcs(event.document, xiqSource.fields)).toEqual([]);
    expect(event.id).toMatch(/^2[0-9a-f]{40}$/);
    expect(event.document.event?.id).toBe(event.id);
    expect(event.document.message ?? '').not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
    expect(event.document.event?.dataset).toBe(event.dataset);
    expect(Date.parse(event.document['@timestamp'] ?? '')).toBe(event.timeMs);
  }
  expect(events.map(({ element }) => element)).toEqual(events.map((_, index) => index));
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
}

describe('any body', () => {
  it('of JSON gives valid documents with different numbers and ids, and never throws', () => {
    fc.assert(
      fc.property(anyBody, types, (body, messageType) => checkAll(JSON.stringify(body), messageType)),
      { numRuns: 600 },
    );
  });

  it('of bytes gives valid documents and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), types, (bytes, messageType) => {
        expect(eventsOf(bytes, messageType).length).toBeGreaterThan(0);
        checkAll(bytes, messageType);
      }),
      { numRuns: 300 },
    );
  });

  it('of JSON with a few bytes changed gives valid documents and never throws', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(anyBody, changes, types, (body, places, messageType) => {
        const bytes = Buffer.from(JSON.stringify(body));
        for (const [at, byte] of places) bytes[at % bytes.length] = byte;
        checkAll(bytes, messageType);
      }),
      { numRuns: 400 },
    );
  });
});

it('no value of an observation or of its parent is missing from the document', () => {
  const rules = Object.entries<FieldRule>(mappings.location.fields);
  const other = fc.jsonValue({ maxDepth: 2 });
  fc.assert(
    fc.property(elementOf(rules, other), elementOf(rules, other), types, (parent, seen, messageType) => {
      const body = JSON.parse(JSON.stringify({ ...parent, observations: [seen, seen] }));
      const { observations: _, ...shared } = body;
      for (const { document } of eventsOf(JSON.stringify(body), messageType)) {
        expect(missingFrom(document, [shared, JSON.parse(JSON.stringify(seen))])).toEqual([]);
      }
    }),
    { numRuns: 150 },
  );
});

/** The target fields that the mapping sets, not the table. */
const finished: Readonly<Record<string, readonly string[]>> = {
  'audit.username': ['user.name'],
  'gdpr.username': ['user.name'],
  'gdpr.admin': ['user.name'],
  'gdpr.start_time': ['event.start'],
  'credential.username': ['user.target.email'],
  'email.username': ['user.target.email'],
  'sms.status_from_provider': ['event.reason'],
  'alert.source': ['extreme.xiq.alert.source_name'],
  'alert.tags': ['extreme.xiq.extra.tags'],
  'alert.acknowledged': ['extreme.xiq.alert.acknowledged'],
  'auth.username': ['user.email', 'related.user'],
  'accounting.username': ['user.email', 'related.user'],
  'audit.category': ['extreme.xiq.audit.category_id'],
  'gdpr.category': ['extreme.xiq.audit.category_id'],
  'auth.auth_date': ['@timestamp'],
  'auth.reject_reason': ['event.reason'],
  'accounting.acct_terminate_cause': ['event.reason'],
  'accounting.acct_start_time': ['event.start'],
  'accounting.acct_stop_time': ['event.end', '@timestamp'],
  'accounting.acct_input_octets': ['extreme.xiq.radius.input_octets_total'],
  'accounting.acct_output_octets': ['extreme.xiq.radius.output_octets_total'],
  'accounting.group_name': ['extreme.xiq.radius.group_name'],
  'accounting.usage': ['extreme.xiq.radius.usage_text'],
  'location.client_mac': ['client.address'],
  'location.seen_time': ['@timestamp'],
  'location.seen_epoch': ['@timestamp'],
  'location.lat': ['extreme.xiq.extra.lat'],
  'location.lng': ['extreme.xiq.extra.lng'],
};
/** Valid values of fields with a special form. */
const finishedValues: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  // `pc$@example.com` and `host/pc@example.com` are machines.
  username: fc.emailAddress().filter((address) => !/[$/]/.test(address)),
  admin: fc.emailAddress(),
  source: word.map((name) => ({ source_name: name })),
  acknowledged: fc.constantFrom('true', 'false'),
  category: fc.integer({ min: 1, max: 9 }).map(String),
  acct_terminate_cause: word.filter((text) => statedReason(text) !== undefined),
  reject_reason: word.filter((text) => statedReason(text) !== undefined),
  client_mac: word,
  usage: word.filter((text) => Number.isNaN(Number(text))),
};

const at = (document: object, field: string): unknown =>
  field.split('.').reduce<unknown>((node, name) => {
    return typeof node === 'object' && node !== null ? Object.getOwnPropertyDescriptor(node, name)?.value : undefined;
  }, document);

/** The text of a value in a document. */
function writtenAs(kind: Kind, value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (kind === 'object') return leavesOf(value).map(String);
  if (kind === 'mac') return [readMac(String(value)) ?? ''];
  if (kind === 'station') return [readStation(String(value)).mac ?? ''];
  if (kind === 'time') return [new Date(readTime(value, utc)?.ms ?? Number.NaN).toISOString()];
  return [String(value)];
}

describe.each(families)('a field of the $family table', ({ family, messageType, rules }) => {
  it.each(rules)('%s, in any spelling, is in its target fields', (name, rule) => {
    const places: readonly string[] =
      rule.to ?? finished[`${family}.${name}`] ?? (name === 'timestamp' ? ['@timestamp'] : []);
    expect(places).not.toEqual([]);
    const noise = fc.dictionary(fc.constantFrom('site', 'floor', 'note'), fc.jsonValue(), { maxKeys: 3 });
    const value = (rule.to === undefined ? finishedValues[name] : undefined) ?? fitting[rule.as];
    fc.assert(
      fc.property(
        fc.constantFrom(...spellings(name, rule)),
        value,
        noise,
        fc.boolean(),
        (key, planted, other, bare) => {
          const element = { ...other, [key]: planted };
          const [event] = eventsOf(JSON.stringify(bare ? element : [element]), messageType);
          for (const place of places) {
            // A field in extra has the name that the sender gave it.
            const field = place.startsWith('extreme.xiq.extra.') ? `extreme.xiq.extra.${key}` : place;
            const found = at(event?.document ?? {}, field);
            expect(leavesOf(found).map(String)).toEqual(expect.arrayContaining(writtenAs(rule.as, planted)));
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  it('no value of an element is missing from its document', () => {
    const other = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(elementOf(rules, other), (element) => {
        const [event] = eventsOf(JSON.stringify([element]), messageType);
        expect(missingFrom(event?.document ?? {}, JSON.parse(JSON.stringify(element)))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

// Not of unknown types: they have no natural key.
describe.each(families.filter(({ family }) => family !== 'unknown'))(
  'an event of $family',
  ({ messageType, rules }) => {
    it('keeps its id when it is sent again in another body, order, spelling or form', () => {
      const element = fc
        .tuple(...rules.map(([, rule]) => fitting[rule.as]))
        .map((values) => rules.map(([name], index) => [name, values[index]] as const));
      fc.assert(
        fc.property(element, fc.boolean(), (entries, bare) => {
          const snake = Object.fromEntries(entries);
          const camel = Object.fromEntries([...entries].reverse().map(([name, value]) => [camelCase(name), value]));
          const [first] = eventsOf(JSON.stringify(snake), messageType);
          const [, again] = eventsOf(JSON.stringify([{ timestamp: 1 }, camel]), messageType);
          const [third] = eventsOf(JSON.stringify(bare ? camel : [camel]), messageType);
          expect([again?.id, third?.id]).toEqual([first?.id, first?.id]);
        }),
        { numRuns: 40 },
      );
    });
  },
);

function leavesOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return value === null || value === undefined ? [] : [value];
  return Object.values(value).flatMap(leavesOf);
}

/** The leaves of an element that are missing in the document, as a text and as a time. */
function missingFrom(document: object, element: unknown): unknown[] {
  const { event: { original: _, hash: __, ...event } = {}, ...rest } = JSON.parse(JSON.stringify(document));
  const found = leavesOf({ event, ...rest });
  const texts = new Set(found.map(String));
  const moments = new Set(found.map((leaf) => readTime(leaf, utc)?.ms));
  return leavesOf(element).filter((leaf) => {
    if (typeof leaf === 'string' && leaf.trim() === '') return false;
    const text = String(leaf).toWellFormed();
    const address = readMac(text) ?? readStation(text).mac;
    const moment = readTime(leaf, utc);
    const isItem = (item: string): boolean => item.trim() === '' || texts.has(item.trim());
    return !(
      texts.has(text) ||
      text.split(',').every(isItem) ||
      (address !== undefined && texts.has(address)) ||
      (moment !== undefined && moments.has(moment.ms))
    );
  });
}
