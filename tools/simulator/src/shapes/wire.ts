// The shape sets of a body's text: names twice in an object, envelopes and charsets.
import { isArray, type Json, type JsonObject, RepeatedNames } from '../json.ts';
import type { SentType } from '../message-types.ts';
import type { Random } from '../random.ts';

/** One of three elements has one of its texts twice, with another value; readers of JSON take the last. */
export function withRepeatedName(element: JsonObject, random: Random): JsonObject | RepeatedNames {
  const entries = Object.entries(element);
  // Names and words, neither times nor addresses: the element stays a plausible one.
  const texts = entries.filter(([, value]) => typeof value === 'string' && /^\D+$/.test(value));
  if (texts.length === 0 || !random.chance(0.33)) return element;
  const [name, value] = random.pick(texts);
  const other: readonly [string, Json] = [name, `other ${String(value)}`];
  return new RepeatedNames(random.chance(0.5) ? [other, ...entries] : [...entries, other]);
}

export const envelopes = ['data', 'message', 'events', 'records', 'nested'] as const;
export type Envelope = (typeof envelopes)[number];

/** `content` is an element or an array of elements. */
export function inEnvelope(envelope: Envelope, content: Json, messageType: SentType, isSnake: boolean): Json {
  const list = isArray(content) ? content : [content];
  const forms: Readonly<Record<Envelope, Json>> = {
    data: { data: content },
    message: { [isSnake ? 'message_type' : 'messageType']: messageType, data: list },
    events: { events: list },
    records: { records: list },
    nested: [list],
  };
  return forms[envelope];
}

interface Charset {
  readonly contentType: string;
  encode(text: string): Buffer;
}

const latin1 = 'application/json; charset=iso-8859-1';

const charsets: readonly Charset[] = [
  { contentType: latin1, encode: (text) => Buffer.from(inLatin1(text), 'latin1') },
  { contentType: 'application/json;charset="ISO-8859-1"', encode: (text) => Buffer.from(inLatin1(text), 'latin1') },
  { contentType: 'application/json; charset=UTF-8', encode: (text) => Buffer.from(text) },
  { contentType: 'application/json; charset=utf-16le', encode: (text) => utf16(text, false) },
  { contentType: 'application/json; charset=utf-16le', encode: (text) => utf16(`\ufeff${text}`, false) },
  { contentType: 'application/json; charset=utf-16be', encode: (text) => utf16(text, true) },
  { contentType: 'application/json; charset=utf-16be', encode: (text) => utf16(`\ufeff${text}`, true) },
  { contentType: 'application/json; charset=utf-16', encode: (text) => utf16(`\ufeff${text}`, true) },
];

export const plainCharset: Charset = { contentType: 'application/json', encode: (text) => Buffer.from(text) };

export function pickCharset(random: Random): Charset {
  return random.chance(0.2) ? plainCharset : random.pick(charsets);
}

/** JSON text with all letters that the charset lacks as `\uXXXX`; also those that windows-1252 has in their place. */
function inLatin1(json: string): string {
  return json.replaceAll(/[\u0080-\u009f\u0100-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function utf16(text: string, isBigEndian: boolean): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return isBigEndian ? bytes.swap16() : bytes;
}
