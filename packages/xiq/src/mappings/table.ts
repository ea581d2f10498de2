// Every family's mapping, by its name.
import { type MappedFamily, perFamily } from '../message-types.ts';
import type { FurtherNames } from '../read/field-table.ts';
import { accountingMapping } from './accounting.ts';
import { auditMapping, gdprMapping } from './audit.ts';
import { authMapping } from './auth.ts';
import { commonFields } from './common.ts';
import { credentialMapping, emailMapping, smsMapping } from './credentials.ts';
import { locationMapping } from './location.ts';
import { type BuiltInMapping, defineMapping, type Mapper, type Meanings } from './mapping.ts';

/** Raised when the same body becomes other documents than before. */
export const builtInMappingVersion = '1';

/** `extreme.xiq.mapping_version`: `1`, or `1+<version>` where a mapping of the operator's is in effect. */
export const mappingVersion = (operators: string | undefined): string =>
  operators === undefined ? builtInMappingVersion : `${builtInMappingVersion}+${operators}`;

/** Of the message type that we do not know: kept whole, with the common fields in their places. */
const unknownMapping = defineMapping({
  fields: commonFields,
  finish({ values, draft }) {
    draft.set('event.type', ['info']);
    return values.timestamp;
  },
});

export const mappings = {
  audit: auditMapping,
  gdpr: gdprMapping,
  credential: credentialMapping,
  accounting: accountingMapping,
  auth: authMapping,
  email: emailMapping,
  sms: smsMapping,
  location: locationMapping,
  unknown: unknownMapping,
} as const satisfies Record<MappedFamily, BuiltInMapping>;

/** What an operator adds to our mappings. */
export interface Additions {
  readonly names: { readonly [Family in MappedFamily]?: FurtherNames | undefined };
  readonly meanings: Meanings;
}

export type Mappers = Readonly<Record<MappedFamily, Mapper>>;

/** Our mappings with an operator's additions; compiled here, so once for each source that has some. */
export const mappersWith = ({ names, meanings }: Additions): Mappers =>
  perFamily((family) => mappings[family].compile(names[family] ?? {}, meanings));

/** Our mappings alone. */
export const mappers = mappersWith({ names: {}, meanings: { auditCodes: new Map(), statusWords: new Map() } });
