// A document in the making: fields go straight to their nested place, since nesting a flat one costs as much as all else.
import type { EcsDocument, JsonValue } from '@xiq-siem/core';
import { shapedExtra } from './extra.ts';
import { isListPlace, type ListPlace, type Place, type Places } from './places.ts';
import type { Moment } from './read/time.ts';

interface Tree {
  [name: string]: JsonValue | Tree | undefined;
}

const paths = new Map<string, readonly string[]>();

function pathOf(place: string): readonly string[] {
  const known = paths.get(place);
  if (known !== undefined) return known;
  const path = place === '@timestamp' ? [place] : place.split('.');
  // Places are ours, and few: the map stays small.
  paths.set(place, path);
  return path;
}

function isTree(value: Tree[string]): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export class DocumentDraft {
  /** When the event happened, as its sender says; undefined where no time could be read. */
  time: Moment | undefined;
  readonly #root: Tree;
  #extra: [string, JsonValue][] | undefined;

  /** `frame` is what every document has; the draft grows in it. */
  constructor(frame: EcsDocument) {
    this.#root = frame as Tree; // Readonly is the contract's view of a document that is done.
  }

  set<P extends Place>(place: P, value: Places[P] | undefined): void {
    if (value !== undefined) this.#write(place, value);
  }

  /** Adds to a list, once. */
  add(place: ListPlace, value: string | undefined): void {
    if (value === undefined) return;
    const held = this.get(place);
    if (!Array.isArray(held)) this.#write(place, [value]);
    else if (!held.includes(value)) held.push(value);
  }

  /** What a field table writes: its rules are checked against the places where they are declared. */
  put(place: Place, value: string | number | readonly string[]): void {
    if (!isListPlace(place)) this.#write(place, value);
    else for (const text of typeof value === 'object' ? value : [String(value)]) this.add(place, text);
  }

  get(place: Place): Tree[string] {
    let node: Tree[string] = this.#root;
    for (const name of pathOf(place)) {
      if (!isTree(node)) return undefined;
      node = node[name];
    }
    return node;
  }

  /** Keeps a value of the sender under its own key. Null says nothing, and is all that is left out. */
  keep(key: string, value: JsonValue): void {
    if (value === null) return;
    this.#extra ??= [];
    this.#extra.push([key, value]);
  }

  #write(place: string, value: JsonValue): void {
    const path = pathOf(place);
    const last = path.length - 1;
    let node = this.#root;
    for (let index = 0; index < last; index++) {
      const name = path[index] ?? '';
      const next = node[name];
      if (isTree(next)) {
        node = next;
      } else {
        const made: Tree = {};
        node[name] = made;
        node = made;
      }
    }
    node[path[last] ?? ''] = value;
  }

  finish(): EcsDocument {
    if (this.#extra !== undefined) this.set('extreme.xiq.extra', shapedExtra(this.#extra));
    return this.#root as EcsDocument; // Every write above went through a typed place.
  }
}
