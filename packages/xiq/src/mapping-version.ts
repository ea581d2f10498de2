// `extreme.xiq.mapping_version`: which mapping made a document.

/** Of the mapping that is built in: raised when the same body becomes other documents than before. */
export const builtInMappingVersion = '1';

/** `1`, or `1+<version>` where a mapping of the operator's is in effect. */
export const mappingVersion = (operators: string | undefined): string =>
  operators === undefined ? builtInMappingVersion : `${builtInMappingVersion}+${operators}`;
