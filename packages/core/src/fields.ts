// Fields as data: what a destination makes templates, mappings and references of.

/** The type of a field, as ECS names types; `object_of_keyword` is an object whose every member is a keyword. */
export type FieldType =
  | 'boolean'
  | 'constant_keyword'
  | 'date'
  | 'double'
  | 'flattened'
  | 'geo_point'
  | 'ip'
  | 'keyword'
  | 'long'
  | 'match_only_text'
  | 'object_of_keyword';

export interface FieldDefinition {
  /** Dotted: `client.mac`. */
  readonly name: string;
  readonly type: FieldType;
  /** Whether documents hold an array of it. */
  readonly array?: true;
  /** False: kept, never searched. */
  readonly indexed?: false;
  /** Characters of a keyword beyond which it is kept but not searched. */
  readonly ignoreAbove?: number;
}
