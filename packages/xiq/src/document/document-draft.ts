// Builds a document field by field: every field of a document is written here. It writes nested objects directly, because
// nesting a flat document is slow.
import { type EcsDocument, type JsonValue, visibleText } from '@xiq-siem/core';
import { limitExtra } from './extra.ts';
import { isListField, type ListField, type TargetField, type TargetFields } from './target-fields.ts';

interface Tree {
  [name: string]: JsonValue | Tree | undefined;
}

function isTree(value: Tree[string]): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects that contain most of the fields. A path starts at one of them. */
type Base = 'root' | 'event' | 'own';

/** A place in a document. */
export interface Path {
  readonly base: Base;
  readonly parents: readonly string[];
  readonly leaf: string;
  readonly isList: boolean;
  /** Whether people read it: it has no control characters. `event.original` is exact. */
  readonly isMessage: boolean;
}

/** A cache. The target fields are few, so it stays small. */
const paths = new Map<string, Path>();

const messages: ReadonlySet<string> = new Set(['message', 'error.message']);

const bases: readonly (readonly [Base, string])[] = [
  ['event', 'event.'],
  ['own', 'extreme.xiq.'],
];

export function pathOf(field: TargetField): Path {
  const known = paths.get(field);
  if (known !== undefined) return known;
  const [base, prefix] = bases.find(([, start]) => field.startsWith(start)) ?? ['root', ''];
  const parents = field.slice(prefix.length).split('.');
  const path: Path = {
    base,
    leaf: parents.pop() ?? '',
    parents,
    isList: isListField(field),
    isMessage: messages.has(field),
  };
  paths.set(field, path);
  return path;
}

/** Adds all objects below `tree`. */
function collectTrees(tree: Tree, into: Set<Tree>): Set<Tree> {
  for (const value of Object.values(tree)) {
    if (!isTree(value)) continue;
    into.add(value);
    collectTrees(value, into);
  }
  return into;
}

/** Gives `parent` an own object of that name: a copy of the existing one. */
function treeAt(parent: Tree, name: string): Tree {
  const existing = parent[name];
  const own: Tree = isTree(existing) ? { ...existing } : {};
  parent[name] = own;
  return own;
}

const nothingShared: ReadonlySet<Tree> = new Set();

export class DocumentDraft {
  readonly #bases: Readonly<Record<Base, Tree>>;
  /** The objects that belong to the draft from which this one was copied. */
  readonly #shared: ReadonlySet<Tree>;
  /** As a template: its objects. */
  #trees: ReadonlySet<Tree> | undefined;
  #extra: [string, JsonValue][] | undefined;

  /** Whether it has an object of its own beside the bases. */
  #hasOwnTrees = false;

  constructor(root: Tree = {}, shared = nothingShared) {
    this.#shared = shared;
    const event = treeAt(root, 'event');
    const extreme = treeAt(root, 'extreme');
    this.#bases = { root, event, own: treeAt(extreme, 'xiq') };
  }

  /** A draft with the same fields, without `extreme.xiq.extra`. This one must not be changed any more. */
  copy(): DocumentDraft {
    const { root } = this.#bases;
    this.#trees ??= this.#hasOwnTrees ? collectTrees(root, new Set()) : this.#shared;
    return new DocumentDraft({ ...root }, this.#trees);
  }

  setField<P extends TargetField>(field: P, value: TargetFields[P] | undefined): void {
    if (value !== undefined) this.#write(pathOf(field), value);
  }

  /** Adds a value to a list, unless the list has it. */
  addToList(field: ListField, value: string | undefined): void {
    if (value === undefined) return;
    const path = pathOf(field);
    const existing = this.#listAt(path);
    if (!existing.includes(value)) this.#write(path, [...existing, value]);
  }

  /** Writes a value of a field table. The types of its rules ensure that the value fits the field. */
  writeAt(path: Path, value: string | number | boolean | readonly string[]): void {
    if (!path.isList) this.#write(path, value);
    // A set, because a list may be long.
    else
      this.#write(path, [
        ...new Set([...this.#listAt(path), ...(typeof value === 'object' ? value : [String(value)])]),
      ]);
  }

  /** Adds a value under its own key to `extreme.xiq.extra`, except null. */
  addExtra(key: string, value: JsonValue): void {
    if (value === null) return;
    this.#extra ??= [];
    this.#extra.push([key, value]);
  }

  finish(): EcsDocument {
    if (this.#extra !== undefined) this.setField('extreme.xiq.extra', limitExtra(this.#extra));
    return this.#bases.root as EcsDocument; // Every write above has a typed field.
  }

  /** The child object of that name. It is created if it does not exist, and copied if it is shared. */
  #childOf(parent: Tree, name: string): Tree {
    const existing = parent[name];
    if (isTree(existing) && !this.#shared.has(existing)) return existing;
    this.#hasOwnTrees = true;
    return treeAt(parent, name);
  }

  #listAt({ base, parents, leaf }: Path): readonly string[] {
    let node = this.#bases[base];
    for (const name of parents) {
      const next = node[name];
      if (!isTree(next)) return [];
      node = next;
    }
    const list = node[leaf];
    return Array.isArray(list) ? list : [];
  }

  #write({ base, parents, leaf, isMessage }: Path, value: JsonValue): void {
    let node = this.#bases[base];
    for (const name of parents) node = this.#childOf(node, name);
    node[leaf] = isMessage && typeof value === 'string' ? visibleText(value) : value;
  }
}
