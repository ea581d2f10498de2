// Every family's mapping, by its name.
import { type Mapper, mapper } from '../mapping.ts';
import { type Additions, noAdditions } from '../meanings.ts';
import type { MappedFamily } from '../message-types.ts';
import { accountingMapping } from './accounting.ts';
import { auditMapping } from './audit.ts';
import { authMapping } from './auth.ts';
import { credentialMapping } from './credential.ts';
import { emailMapping } from './email.ts';
import { gdprMapping } from './gdpr.ts';
import { locationMapping } from './location.ts';
import { smsMapping } from './sms.ts';
import { unknownMapping } from './unknown.ts';

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
} as const;

export type Mappers = Readonly<Record<MappedFamily, Mapper>>;

/** Our mappings with an operator's additions; compiled here, so once for each source that has some. */
export function mappersWith({ names, meanings }: Additions): Mappers {
  return {
    audit: mapper(mappings.audit, names.audit, meanings),
    gdpr: mapper(mappings.gdpr, names.gdpr, meanings),
    credential: mapper(mappings.credential, names.credential, meanings),
    accounting: mapper(mappings.accounting, names.accounting, meanings),
    auth: mapper(mappings.auth, names.auth, meanings),
    email: mapper(mappings.email, names.email, meanings),
    sms: mapper(mappings.sms, names.sms, meanings),
    location: mapper(mappings.location, names.location, meanings),
    unknown: mapper(mappings.unknown, names.unknown, meanings),
  };
}

/** Our mappings alone. */
export const mappers = mappersWith(noAdditions);
