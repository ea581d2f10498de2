// The built-in mappings by family.
import { type MappedFamily, perFamily } from '../message-types.ts';
import type { FurtherNames } from '../read/field-table.ts';
import { accountingMapping } from './accounting.ts';
import { alertMapping } from './alert.ts';
import { auditMapping } from './audit.ts';
import { authMapping } from './auth.ts';
import { commonFields } from './common.ts';
import { credentialMapping, emailMapping, smsMapping } from './credentials.ts';
import { gdprMapping } from './gdpr.ts';
import { locationMapping } from './location.ts';
import { type BuiltInMapping, defineMapping, type Mapper, type Meanings } from './mapping.ts';

/** Raise it when a change gives different documents for the same body. */
export const builtInMappingVersion = '2';

/** `extreme.xiq.mapping_version`: `2`, or `2+<version>` with an operator's mapping. */
export const mappingVersion = (operators: string | undefined): string =>
  operators === undefined ? builtInMappingVersion : `${builtInMappingVersion}+${operators}`;

/** For unknown message types: maps the common fields, and adds all others to `extreme.xiq.extra`. */
const unknownMapping = defineMapping({
  fields: commonFields,
  finish({ draft }) {
    draft.setField('event.type', ['info']);
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
  alert: alertMapping,
  unknown: unknownMapping,
} as const satisfies Record<MappedFamily, BuiltInMapping>;

/** The operator's additions to the built-in mappings. */
export interface Additions {
  readonly names: { readonly [Family in MappedFamily]?: FurtherNames | undefined };
  readonly codes: { readonly [Family in MappedFamily]?: Meanings['codes'] };
  readonly statusWords: Meanings['statusWords'];
}

export type Mappers = Readonly<Record<MappedFamily, Mapper>>;

/** Compiles the built-in mappings with an operator's additions. */
export const mappersWith = ({ names, codes, statusWords }: Additions): Mappers =>
  perFamily((family) =>
    mappings[family].compile(names[family] ?? {}, { codes: codes[family] ?? new Map(), statusWords }),
  );

/** The built-in mappings. */
export const mappers = mappersWith({ names: {}, codes: {}, statusWords: new Map() });
