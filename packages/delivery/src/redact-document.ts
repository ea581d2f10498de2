// Removes or replaces values of a document, in every field that has them: what a destination must not get.
import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type FieldDefinition,
  type FieldType,
  type JsonObject,
  type JsonValue,
  valuesAt,
  visibleText,
} from '@xiq-siem/core';

/** Fields by what happens to their values. */
export interface RedactionRules {
  readonly drop?: readonly string[] | undefined;
  readonly mask?: readonly string[] | undefined;
  readonly hash?: readonly string[] | undefined;
}

type Way = 'drop' | 'mask' | 'hash';

/** Of the key of `hash`, in characters. A short one can be guessed from pseudonyms. */
export const minKeyLength = 16;

/** Takes a document as JSON, and returns it without the values. `key`: of `hash`. */
export type RedactDocument = (json: string, key: string) => string;

const masked = '***';

/** They repeat the whole event. */
const originals: ReadonlySet<string> = new Set(['event.original', 'event.hash', 'extreme.xiq.original_base64']);
const extra = 'extreme.xiq.extra';

/** Types of fields that may have any text. The values of the others have their own form. */
const textTypes: ReadonlySet<FieldType> = new Set([
  'constant_keyword',
  'flattened',
  'ip',
  'keyword',
  'match_only_text',
  'object_of_keyword',
]);

/** The values of these fields are made by the connector, or identify the event. A field with a dot at its end is a group. */
const ownFields =
  '@timestamp agent. data_stream. ecs. error.code error.type event.action event.category event.code event.created event.dataset event.id event.ingested event.kind event.module event.outcome event.provider event.type extreme.xiq.mapping_version extreme.xiq.message_type extreme.xiq.receipt extreme.xiq.source log.level observer.product observer.vendor tags'.split(
    ' ',
  );
const isOwn = (field: string): boolean =>
  ownFields.some((own) => (own.endsWith('.') ? field.startsWith(own) : field === own));

/** Why a field cannot be redacted in this way; undefined if it can. */
export function redactionFault(field: string, way: Way, fields: readonly FieldDefinition[]): string | undefined {
  const type = fields.find(({ name }) => name === field)?.type;
  if (type === undefined) return `${field} is no field of a document: expected a name such as user.name`;
  if (isOwn(field)) return `${field} cannot be redacted: the connector makes it`;
  if (way === 'drop') return undefined;
  const hasForm = type !== 'keyword' && type !== 'match_only_text' && (type !== 'ip' || way === 'mask');
  return hasForm ? `${field} is of the type ${type}, which accepts no such text: use drop` : undefined;
}

const macAddress = /^[0-9a-f]{2}(?:[:.-]?[0-9a-f]{2}){5}$/i;
const hexPairs = /[0-9a-f]{2}/gi;

/** The form in which values are compared: names are not case-sensitive, and a MAC address has several spellings. */
const comparable = (text: string): string =>
  macAddress.test(text) ? (text.match(hexPairs) ?? []).join('').toLowerCase() : text.toLowerCase();

/** The same value has the same pseudonym, in every field, event and destination with this key. Of an IP address, it is one. */
function pseudonym(value: string, key: string): string {
  const digest = createHmac('sha256', key).update(comparable(value)).digest('hex');
  if (isIP(value) === 0) return `h1_${digest.slice(0, 32)}`;
  return `fd${digest.slice(0, 2)}:${(digest.slice(2, 30).match(/.{4}/g) ?? []).join(':')}`;
}

/** Shorter values are found as whole words only: a name may be a part of many texts. */
const shortValue = 6;

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

function patternOf(value: string): string {
  const pattern = macAddress.test(value) ? (value.match(hexPairs) ?? []).join('[:.\\-]?') : escaped(value);
  return value.length < shortValue ? `(?<![\\p{L}\\p{N}])${pattern}(?![\\p{L}\\p{N}])` : pattern;
}

/** Spellings of a value in other fields: with visible control characters, and within JSON. */
const spellings = (value: string): readonly string[] => [value, visibleText(value), JSON.stringify(value).slice(1, -1)];

/** What replaces each value, by its comparable form. undefined: the value is dropped. */
type Replacements = Map<string, string | undefined>;

interface Finder {
  /** `undefined`: the whole text is a dropped value. */
  replace(text: string): string | undefined;
}

/** Of the search for values, in characters by the number of values: about 100 ms. */
const maxSearch = 20_000_000;

/** `length`: of the document. With too many values in too much text, every other text is masked. */
function finderOf(values: Replacements, patterns: ReadonlySet<string>, length: number): Finder {
  if (length * patterns.size > maxSearch) {
    return { replace: (text) => (values.has(comparable(text)) ? values.get(comparable(text)) : masked) };
  }
  // Longer first, so that a part of a value does not hide it.
  const alternatives = [...patterns].sort((a, b) => b.length - a.length).join('|');
  const pattern = new RegExp(alternatives, 'giu');
  return {
    replace(text) {
      const whole = comparable(text);
      if (values.has(whole)) return values.get(whole);
      return text.replace(pattern, (found) => values.get(comparable(found)) ?? masked);
    },
  };
}

/** A pipeline error has parts of a text in which the fields are not known. */
const unreadFields: ReadonlySet<string> = new Set(['message', 'error.message', extra]);

/** Of one document. */
interface Redaction {
  /** Undefined: the document has no value that is redacted. */
  readonly finder: Finder | undefined;
  /** A pipeline error. */
  readonly isUnread: boolean;
}

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

/** A name of the sender may be a value too. */
const shownName = (name: string, finder: Finder | undefined): string =>
  finder === undefined ? name : (finder.replace(name) ?? masked);

const textsAt = (document: object, field: string): readonly string[] =>
  valuesAt(document, field)
    .filter((value) => typeof value !== 'object')
    .map(String)
    .filter((text) => text.trim() !== '');

/** `fields`: all that a document can have, for their types. */
export function createRedaction(rules: RedactionRules, fields: readonly FieldDefinition[]): RedactDocument {
  const types = new Map(fields.map(({ name, type }) => [name, type]));
  // The strongest first: it decides about a value that is in several fields.
  const ways = new Map<string, Way>();
  for (const way of ['drop', 'mask', 'hash'] as const) {
    for (const field of rules[way] ?? []) if (!ways.has(field)) ways.set(field, way);
  }
  const replacementOf = (way: Way, value: string, key: string): string | undefined =>
    way === 'drop' ? undefined : way === 'mask' ? masked : pseudonym(value, key);

  function redactLeaf(value: JsonValue, field: string, finder: Finder | undefined): JsonValue | undefined {
    if (finder === undefined || isOwn(field)) return value;
    const isExtra = field === extra || field.startsWith(`${extra}.`);
    if (typeof value === 'number' && isExtra) {
      const replaced = finder.replace(String(value));
      return replaced === String(value) ? value : replaced;
    }
    const type = isExtra ? 'flattened' : (types.get(field) ?? 'keyword');
    if (typeof value !== 'string' || !textTypes.has(type)) return value;
    const replaced = finder.replace(value);
    return type === 'ip' && replaced !== undefined && isIP(replaced) === 0 ? undefined : replaced;
  }

  function redactValue(value: JsonValue, field: string, redaction: Redaction): JsonValue | undefined {
    const { finder, isUnread } = redaction;
    if (originals.has(field) || ways.get(field) === 'drop' || (isUnread && unreadFields.has(field))) return undefined;
    if (typeof value !== 'object' || value === null) return redactLeaf(value, field, finder);
    if (isList(value)) {
      return value.map((item) => redactValue(item, field, redaction)).filter((item) => item !== undefined);
    }
    const members = Object.entries(value).flatMap(([name, member]) => {
      const path = field === '' ? name : `${field}.${name}`;
      const shown = path.startsWith(`${extra}.`) ? shownName(name, finder) : name;
      const redacted = member === undefined ? undefined : redactValue(member, path, redaction);
      return redacted === undefined ? [] : [[shown, redacted] as const];
    });
    return Object.fromEntries(members);
  }

  return (json, key) => {
    const document: JsonObject = JSON.parse(json);
    const values: Replacements = new Map();
    const patterns = new Set<string>();
    for (const [field, way] of ways) {
      for (const value of textsAt(document, field)) {
        for (const spelling of spellings(value)) {
          patterns.add(patternOf(spelling));
          if (!values.has(comparable(spelling))) values.set(comparable(spelling), replacementOf(way, value, key));
        }
      }
    }
    const finder = values.size === 0 ? undefined : finderOf(values, patterns, json.length);
    const isUnread = valuesAt(document, 'event.kind').includes('pipeline_error');
    return JSON.stringify(redactValue(document, '', { finder, isUnread }));
  };
}
