// Field definitions, from which destinations create templates and mappings.

/** An ECS field type. `object_of_keyword`: an object whose members are all keywords. */
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
  /** Dotted name, such as `client.mac`. */
  readonly name: string;
  readonly type: FieldType;
  /** The only values that ECS allows. */
  readonly values?: readonly string[];
  /** The value is an array. */
  readonly array?: true;
  /** False: stored, but not searchable. */
  readonly indexed?: false;
  /** A keyword with more characters is stored, but not searchable. */
  readonly ignoreAbove?: number;
}
