// Common parts of the mappings: fields of every message type, classification, and users.
import type { DocumentDraft } from '../document/document-draft.ts';
import type { FieldTable } from '../read/field-table.ts';
import type { Classification } from './mapping.ts';

export const commonFields = {
  timestamp: { as: 'time', also: ['time_stamp'] },
  id: { as: 'text', to: ['extreme.xiq.id'] },
  owner_id: { as: 'text', also: ['vhm_id'], to: ['cloud.account.id', 'organization.id', 'extreme.xiq.owner_id'] },
  vhm_name: { as: 'text', to: ['cloud.account.name', 'organization.name'] },
  // Not organization.id: it is 0 in every example, which would join all tenants.
  org_id: { as: 'text', to: ['extreme.xiq.org_id'] },
  org_name: { as: 'text', to: ['extreme.xiq.org_name'] },
} as const satisfies FieldTable;

/** A part of a message: the label and the value, or '' without a value. */
export const suffix = (label: string, value: string | undefined): string => (value === undefined ? '' : label + value);

export function classify(draft: DocumentDraft, { action, category, type, outcome, level }: Classification): void {
  draft.setField('event.action', action);
  draft.setField('event.category', category);
  draft.setField('event.type', type);
  draft.setField('event.outcome', outcome);
  draft.setField('log.level', level);
}

const emailAddress = /^[^\s@\\]+@([^\s@\\]+\.[^\s@\\]+)$/;
const domainUser = /^([^\\]+)\\([^\\]+)$/;

/** A longer name is not parsed, because the patterns may be slow on it. */
const maxNameLength = 512;

/** Parses a user name: an e-mail address, DOMAIN\user, or a plain name. */
export function personOf(text: string): { readonly name: string; readonly email?: string; readonly domain?: string } {
  if (text.length > maxNameLength) return { name: text };
  const domain = emailAddress.exec(text)?.[1];
  if (domain !== undefined) return { name: text, email: text, domain };
  const [, realm, name] = domainUser.exec(text) ?? [];
  return realm === undefined || name === undefined ? { name: text } : { name, domain: realm };
}

/**
 * `user.*` is the acting user, `user.target.*` the affected user. Returns true if the name differs from the text, so that
 * no field has the original text.
 */
export function setPerson(
  draft: DocumentDraft,
  role: 'user' | 'user.target',
  text: string | undefined,
  { related = true } = {},
): boolean {
  if (text === undefined) return false;
  const person = personOf(text);
  draft.setField(`${role}.name`, person.name);
  draft.setField(`${role}.email`, person.email);
  draft.setField(`${role}.domain`, person.domain);
  if (related) draft.addToList('related.user', person.name);
  return person.name !== text;
}
