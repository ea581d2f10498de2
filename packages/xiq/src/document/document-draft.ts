// A document in the making: fields go straight to their nested place, since nesting a flat one costs as much as all else.
import type { EcsDocument, JsonObject, JsonValue } from '@xiq-siem/core';
import { isListPlace, type ListPlace, type Place, type Places } from './places.ts';

interface Tree {
  [name: string]: JsonValue | Tree | undefined;
}

function isTree(value: Tree[string]): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects that hold most of the fields are at hand; a path leads on from one of them. */
type Base = 'root' | 'event' | 'own';

interface Path {
  readonly base: Base;
  readonly parents: readonly string[];
  readonly leaf: string;
  readonly isList: boolean;
}

/** Places are ours, and few: the map stays small. */
const paths = new Map<string, Path>();

const bases: readonly (readonly [Base, string])[] = [
  ['event', 'event.'],
  ['own', 'extreme.xiq.'],
];

function pathOf(place: string): Path {
  const known = paths.get(place);
  if (known !== undefined) return known;
  const [base, prefix] = bases.find(([, start]) => place.startsWith(start)) ?? ['root', ''];
  const parents = place.slice(prefix.length).split('.');
  const made: Path = { base, leaf: parents.pop() ?? '', parents, isList: isListPlace(place) };
  paths.set(place, made);
  return made;
}

/** The object of that name within another; made where it is not there. */
function child(parent: Tree, name: string): Tree {
  const blocked = parent[name];
  if (isTree(blocked)) return blocked;
  const made: Tree = {};
  parent[name] = made;
  return made;
}

/** Levels of objects and arrays that are kept as such; what lies deeper is folded to a JSON text. */
const maxDepth = 14;
/** A keyed term may have 32,766 bytes: 14 keys and a text of these lengths stay below it, at 3 bytes a character. */
const maxTextLength = 8_191;
const maxKeyLength = 128;

/** Cuts a text that is too long, at a character, and says so. */
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

function shaped(value: JsonValue | undefined, depth: number): JsonValue {
  if (typeof value === 'string') return boundedText(value, maxTextLength);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (depth > maxDepth) return boundedText(JSON.stringify(value), maxTextLength);
  if (isArray(value)) return value.map((item) => shaped(item, depth + 1));
  return shapedEntries(Object.entries(value), depth);
}

function shapedEntries(entries: Iterable<readonly [string, JsonValue | undefined]>, depth: number): JsonObject {
  const taken = new Map<string, JsonValue>();
  const tries = new Map<string, number>();
  for (const [key, value] of entries) {
    const wanted = boundedKey(key);
    let name = wanted;
    while (taken.has(name)) {
      const number = (tries.get(wanted) ?? 1) + 1;
      tries.set(wanted, number);
      name = `${wanted}_${number}`;
    }
    taken.set(name, shaped(value, depth + 1));
  }
  // fromEntries defines its properties: a key `__proto__` becomes a field like any other.
  return Object.fromEntries(taken);
}

/**
 * What no rule maps, in a shape that a `flattened` field of a search engine takes. Two entries may have the same key (an
 * observation's and its parent's): the later is given a number.
 */
export function shapedExtra(entries: Iterable<readonly [string, JsonValue]>): JsonObject {
  return shapedEntries(entries, 0);
}

export class DocumentDraft {
  readonly #bases: Readonly<Record<Base, Tree>>;
  #extra: [string, JsonValue][] | undefined;

  /** `frame` is what every document has; the draft grows in it. */
  constructor(frame: EcsDocument) {
    const root = frame as Tree; // Readonly is the contract's view of a document that is done.
    this.#bases = { root, event: child(root, 'event'), own: child(child(root, 'extreme'), 'xiq') };
  }

  set<P extends Place>(place: P, value: Places[P] | undefined): void {
    if (value !== undefined) this.#write(pathOf(place), value);
  }

  /** Adds to a list, once. */
  add(place: ListPlace, value: string | undefined): void {
    if (value === undefined) return;
    const path = pathOf(place);
    const blocked = this.#read(path);
    if (!Array.isArray(blocked)) this.#write(path, [value]);
    else if (!blocked.includes(value)) blocked.push(value);
  }

  /** What a field table writes: its rules are checked against the places where they are declared. */
  put(place: Place, value: string | number | readonly string[]): void {
    const path = pathOf(place);
    if (!path.isList) {
      this.#write(path, value);
      return;
    }
    const blocked = this.#read(path);
    const texts = typeof value === 'object' ? value : [String(value)];
    // A set: a sender's list may be long.
    this.#write(path, [...new Set([...(Array.isArray(blocked) ? blocked : []), ...texts])]);
  }

  get(place: Place): Tree[string] {
    return this.#read(pathOf(place));
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

  /** Keeps a value of the sender under its own key. Null says nothing, and is all that is left out. */
  keep(key: string, value: JsonValue): void {
    if (value === null) return;
    this.#extra ??= [];
    this.#extra.push([key, value]);
  }

  #write({ base, parents, leaf }: Path, value: JsonValue): void {
    let node = this.#bases[base];
    for (let index = 0; index < parents.length; index++) node = child(node, parents[index] ?? '');
    node[leaf] = value;
  }

  finish(): EcsDocument {
    if (this.#extra !== undefined) this.set('extreme.xiq.extra', shapedExtra(this.#extra));
    return this.#bases.root as EcsDocument; // Every write above went through a typed place.
  }
}
