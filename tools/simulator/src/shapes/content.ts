// The shape set `content`: other content for the element of a type.
import type { EventContext } from '../generate/context.ts';
import type { JsonObject } from '../json.ts';
import type { SentType } from '../message-types.ts';
import {
  alertContent,
  auditContent,
  credentialContent,
  deliveryContent,
  locationContent,
  privacyContent,
} from './log-content.ts';
import { accountingContent, authenticationContent } from './radius-content.ts';

type Content = (fields: JsonObject, context: EventContext) => JsonObject;

export const contentOf: Readonly<Record<SentType, Content>> = {
  LOCATION_AP_CENTRIC: locationContent,
  LOCATION_CLIENT_CENTRIC: locationContent,
  AUDIT_LOG_ALL: auditContent,
  GDPR_LOG_ALL: privacyContent,
  CREDENTIAL_LOG_ALL: credentialContent,
  ACCOUNTING_LOG_ALL: accountingContent,
  AUTHENTICATION_LOG_ALL: authenticationContent,
  EMAIL_LOG_ALL: deliveryContent,
  SMS_LOG_ALL: deliveryContent,
  ALERT: alertContent,
};
