// Every family's mapping, by its name.
import { type Mapper, mapper } from '../mapping.ts';
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

export const mappers: Readonly<Record<MappedFamily, Mapper>> = {
  audit: mapper(mappings.audit),
  gdpr: mapper(mappings.gdpr),
  credential: mapper(mappings.credential),
  accounting: mapper(mappings.accounting),
  auth: mapper(mappings.auth),
  email: mapper(mappings.email),
  sms: mapper(mappings.sms),
  location: mapper(mappings.location),
  unknown: mapper(mappings.unknown),
};
