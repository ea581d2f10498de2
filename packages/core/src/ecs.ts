// The document that every destination is given: ECS fields, and the source's own under its vendor's name.
import type { EcsFields, EcsTree } from './ecs.generated.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/**
 * A document in the Elastic Common Schema: a field or a value that ECS does not know does not compile. A source adds the
 * field that holds its own, under its vendor's name: `declare module '@xiq-siem/core' { interface EcsDocument { … } }`.
 */
export interface EcsDocument extends EcsTree {}

type MutableObject = { [key: string]: JsonValue | undefined };

/** Nests dotted names: `{ 'event.id': 'x' }` becomes `{ event: { id: 'x' } }`. Undefined values are left out. */
export function nestFields(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const root: MutableObject = {};
  const parents = new Map<string, MutableObject>([['', root]]);
  const parentOf = (path: string): MutableObject => {
    const known = parents.get(path);
    if (known !== undefined) return known;
    const dot = path.lastIndexOf('.');
    const made: MutableObject = {};
    parentOf(dot < 0 ? '' : path.slice(0, dot))[path.slice(dot + 1)] = made;
    parents.set(path, made);
    return made;
  };
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const dot = name.lastIndexOf('.');
    parentOf(dot < 0 ? '' : name.slice(0, dot))[name.slice(dot + 1)] = value;
  }
  return root;
}

/** A document of typed flat fields; `own` holds what ECS has no field for, by the vendor's name. */
export function ecsDocument(
  fields: { readonly [Name in keyof EcsFields]?: EcsFields[Name] | undefined },
  own?: Readonly<Record<string, JsonObject>>,
): EcsDocument {
  // EcsTree is generated from the names of EcsFields, so that nesting them gives one; the compiler cannot see that.
  const tree = nestFields({ ...fields }) as EcsTree;
  return { ...tree, ...own };
}
