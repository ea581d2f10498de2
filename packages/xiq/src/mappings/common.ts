// Common parts of the mappings: fields of every message type, classification, and users.

import { cachedByText } from '../cached-by-text.ts';
import type { DocumentDraft } from '../document/document-draft.ts';
import type { FieldTable } from '../read/field-table.ts';
import type { Classification } from './mapping.ts';

export const commonFields = {
  timestamp: { as: 'time', also: ['time_stamp'], to: ['@timestamp'] },
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

const emailAddress = /^([^\s@\\<>"]+)@([^\s@\\<>"]+\.[^\s@\\<>"]+)$/;
const domainUser = /^([^\\]+)\\([^\\]+)$/;
/** Names of accounts are not case-sensitive. A text with blanks, such as `Guest 12 in Lobby`, may be any label. */
const accountName = /^[^\s\\/]+$/;

/** A longer name is not parsed, because the patterns may be slow on it. */
export const maxNameLength = 512;

interface Person {
  readonly name: string;
  readonly email?: string;
  readonly domain?: string;
  /** DOMAIN\user as sent. */
  readonly qualified?: string;
}

/**
 * Reads a user name: an e-mail address, DOMAIN\user, or a plain name. The name of an e-mail address is the address, which
 * is the login at ExtremeCloud IQ. With `short` it is the part before the @, as of a user principal name.
 */
export const personOf = (text: string, short = false): Person => (short ? shortPerson(text) : fullPerson(text));

const fullPerson = cachedByText((text) => parsePerson(text, false));
const shortPerson = cachedByText((text) => parsePerson(text, true));

function parsePerson(text: string, short: boolean): Person {
  const trimmed = text.trim();
  if (trimmed.length > maxNameLength) return { name: trimmed };
  const [address, local, realm] = emailAddress.exec(trimmed.toLowerCase()) ?? [];
  if (address !== undefined && local !== undefined && realm !== undefined)
    return { name: short ? local : address, email: address, domain: realm };
  const [qualified, domain, account] = domainUser.exec(trimmed) ?? [];
  const name = account?.trim() ?? trimmed;
  const spelled = accountName.test(name) ? name.toLowerCase() : name;
  return qualified === undefined || domain === undefined ? { name: spelled } : { name: spelled, domain, qualified };
}

/**
 * `user.*` is the acting user, `user.target.*` the affected user. Returns true if the name differs from the text, so that
 * the caller keeps the text. `related` is false for a name that hides the user.
 */
export function setPerson(
  draft: DocumentDraft,
  role: 'user' | 'user.target',
  text: string | undefined,
  { related = true, short = false } = {},
): boolean {
  if (text === undefined) return false;
  const person = personOf(text, short);
  draft.setField(`${role}.name`, person.name);
  if (related) draft.setField(`${role}.email`, person.email);
  draft.setField(`${role}.domain`, person.domain);
  if (related) relatePerson(draft, person);
  return person.name !== text;
}

/** Adds every form of the name to `related.user`. */
export function relatePerson(draft: DocumentDraft, { name, email, qualified }: Person): void {
  draft.addToList('related.user', name);
  draft.addToList('related.user', email);
  draft.addToList('related.user', qualified);
}

/** The acting administrator. The text as sent is kept if no field of the person has it. */
export function setActor(draft: DocumentDraft, text: string | undefined): void {
  if (setPerson(draft, 'user', text)) draft.setField('extreme.xiq.user_name', text);
}

/** The affected user, who is a user of the network: named as in RADIUS events. The text as sent is kept as above. */
export function setTarget(draft: DocumentDraft, text: string | undefined): void {
  const differs = setPerson(draft, 'user.target', text, { short: true });
  if (differs && text !== undefined && personOf(text).email !== text) {
    draft.setField('extreme.xiq.target_user_name', text);
  }
}
