// Builds a document field by field. It writes nested objects directly, because nesting a flat document is slow.
import type { EcsDocument, JsonObject, JsonValue } from '@xiq-siem/core';
import { isListField, type ListField, type TargetField, type TargetFields } from './target-fields.ts';

interface Tree {
  [name: string]: JsonValue | Tree | undefined;
}

function isTree(value: Tree[string]): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects that contain most of the fields. A path starts at one of them. */
type Base = 'root' | 'event' | 'own';

interface Path {
  readonly base: Base;
  readonly parents: readonly string[];
  readonly leaf: string;
  readonly isList: boolean;
}

/** A cache. The target fields are few, so it stays small. */
const paths = new Map<string, Path>();

const bases: readonly (readonly [Base, string])[] = [
  ['event', 'event.'],
  ['own', 'extreme.xiq.'],
];

function pathOf(field: string): Path {
  const known = paths.get(field);
  if (known !== undefined) return known;
  const [base, prefix] = bases.find(([, start]) => field.startsWith(start)) ?? ['root', ''];
  const parents = field.slice(prefix.length).split('.');
  const path: Path = { base, leaf: parents.pop() ?? '', parents, isList: isListField(field) };
  paths.set(field, path);
  return path;
}

/** The child object of that name. It is created if it does not exist. */
function childObject(parent: Tree, name: string): Tree {
  const existing = parent[name];
  if (isTree(existing)) return existing;
  const created: Tree = {};
  parent[name] = created;
  return created;
}

/** Levels of objects and arrays. A deeper value becomes a JSON text. */
const maxDepth = 14;
/** A term of a flattened field may have 32,766 bytes. 14 keys and a text of these lengths, at 3 bytes a character, are below. */
const maxTextLength = 8_191;
const maxKeyLength = 128;

/** Truncates a long text at a character, and adds its length. */
function boundedText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text.isWellFormed() ? text : text.toWellFormed();
  const mark = `… [cut, ${text.length} characters]`;
  return text.slice(0, maxLength - mark.length).toWellFormed() + mark;
}

function boundedKey(key: string): string {
  if (key === '') return '_';
  const clean = key.includes('\0') ? key.replaceAll('\0', '␀') : key;
  if (clean.length <= maxKeyLength) return clean.isWellFormed() ? clean : clean.toWellFormed();
  return `${clean.slice(0, maxKeyLength - 1).toWellFormed()}…`;
}

const isArray = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

function limitValue(value: JsonValue | undefined, depth: number): JsonValue {
  if (typeof value === 'string') return boundedText(value, maxTextLength);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (depth > maxDepth) return boundedText(JSON.stringify(value), maxTextLength);
  if (isArray(value)) return value.map((item) => limitValue(item, depth + 1));
  return limitEntries(Object.entries(value), depth);
}

function limitEntries(entries: Iterable<readonly [string, JsonValue | undefined]>, depth: number): JsonObject {
  const limited = new Map<string, JsonValue>();
  const counts = new Map<string, number>();
  for (const [key, value] of entries) {
    const wanted = boundedKey(key);
    let name = wanted;
    while (limited.has(name)) {
      const number = (counts.get(wanted) ?? 1) + 1;
      counts.set(wanted, number);
      name = `${wanted}_${number}`;
    }
    limited.set(name, limitValue(value, depth + 1));
  }
  // fromEntries defines properties, so a key `__proto__` is an ordinary field.
  return Object.fromEntries(limited);
}

/**
 * Limits unmapped fields to what a `flattened` field of a search engine accepts. If two entries have the same key (of an
 * observation and its parent), the second key gets a number.
 */
export function limitExtra(entries: Iterable<readonly [string, JsonValue]>): JsonObject {
  return limitEntries(entries, 0);
}

export class DocumentDraft {
  readonly #bases: Readonly<Record<Base, Tree>>;
  #extra: [string, JsonValue][] | undefined;

  /** The draft writes into `document`. */
  constructor(document: EcsDocument) {
    const root = document as Tree; // Only a finished document is read-only.
    this.#bases = { root, event: childObject(root, 'event'), own: childObject(childObject(root, 'extreme'), 'xiq') };
  }

  setField<P extends TargetField>(field: P, value: TargetFields[P] | undefined): void {
    if (value !== undefined) this.#write(pathOf(field), value);
  }

  /** Adds a value to a list, unless the list has it. */
  addToList(field: ListField, value: string | undefined): void {
    if (value === undefined) return;
    const path = pathOf(field);
    const existing = this.#read(path);
    if (!Array.isArray(existing)) this.#write(path, [value]);
    else if (!existing.includes(value)) existing.push(value);
  }

  /** Writes a value of a field table. The types of its rules ensure that the value fits the field. */
  writeField(field: TargetField, value: string | number | readonly string[]): void {
    const path = pathOf(field);
    if (!path.isList) {
      this.#write(path, value);
      return;
    }
    const existing = this.#read(path);
    const texts = typeof value === 'object' ? value : [String(value)];
    // A set, because a list may be long.
    this.#write(path, [...new Set([...(Array.isArray(existing) ? existing : []), ...texts])]);
  }

  readField(field: TargetField): Tree[string] {
    return this.#read(pathOf(field));
  }

  #read({ base, parents, leaf }: Path): Tree[string] {
    let node = this.#bases[base];
    for (const name of parents) {
      const next = node[name];
      if (!isTree(next)) return undefined;
      node = next;
    }
    return node[leaf];
  }

  /** Adds a value under its own key to `extreme.xiq.extra`, except null. */
  addExtra(key: string, value: JsonValue): void {
    if (value === null) return;
    this.#extra ??= [];
    this.#extra.push([key, value]);
  }

  #write({ base, parents, leaf }: Path, value: JsonValue): void {
    let node = this.#bases[base];
    for (let index = 0; index < parents.length; index++) node = childObject(node, parents[index] ?? '');
    node[leaf] = value;
  }

  finish(): EcsDocument {
    if (this.#extra !== undefined) this.setField('extreme.xiq.extra', limitExtra(this.#extra));
    return this.#bases.root as EcsDocument; // Every write above has a typed field.
  }
}
