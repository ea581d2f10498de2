// The document type of all destinations: ECS fields, and vendor fields under the name of the vendor.
import type { EcsFields, EcsTree } from './ecs.generated.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/**
 * A document in the Elastic Common Schema. Fields and values that are not in ECS do not compile. A source declares the
 * field of its vendor: `declare module '@xiq-siem/core' { interface EcsDocument { … } }`.
 */
export interface EcsDocument extends EcsTree {}

type MutableObject = { [key: string]: JsonValue | undefined };

/** Nests dotted names: `{ 'event.id': 'x' }` becomes `{ event: { id: 'x' } }`. Omits undefined values. */
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

/** Creates a document from flat ECS fields. `vendorFields`: fields that ECS does not have, by the name of the vendor. */
export function ecsDocument(
  fields: { readonly [Name in keyof EcsFields]?: EcsFields[Name] | undefined },
  vendorFields?: Readonly<Record<string, JsonObject>>,
): EcsDocument {
  // Nesting EcsFields yields an EcsTree, because both are generated from the same names. The compiler cannot infer this.
  const tree = nestFields({ ...fields }) as EcsTree;
  return { ...tree, ...vendorFields };
}

/** The values of a field by its dotted name: the items of a list, or none. */
export function valuesAt(document: object, field: string): readonly unknown[] {
  let value: unknown = document;
  for (const name of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
    value = Reflect.get(value, name);
  }
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
