// People by their names: an e-mail address, DOMAIN\user, or a plain name.
import type { DocumentDraft } from '../document-draft.ts';

const email = /^[^\s@\\]+@([^\s@\\]+\.[^\s@\\]+)$/;
const domainUser = /^([^\\]+)\\([^\\]+)$/;

export interface Person {
  readonly name: string;
  readonly email?: string;
  readonly domain?: string;
}

/** Longer than an e-mail address or a login name can be: not taken apart, since the patterns may take long over it. */
const maxNameLength = 512;

export function personOf(text: string): Person {
  if (text.length > maxNameLength) return { name: text };
  const domain = email.exec(text)?.[1];
  if (domain !== undefined) return { name: text, email: text, domain };
  const [, realm, name] = domainUser.exec(text) ?? [];
  return realm === undefined || name === undefined ? { name: text } : { name, domain: realm };
}

/**
 * `user.*` is who acted, `user.target.*` whom the event is about. Gives whether the text was taken apart, so that it
 * stands in none of them as it was sent.
 */
export function setPerson(
  draft: DocumentDraft,
  role: 'user' | 'user.target',
  text: string | undefined,
  { related = true } = {},
): boolean {
  if (text === undefined) return false;
  const person = personOf(text);
  draft.set(`${role}.name`, person.name);
  draft.set(`${role}.email`, person.email);
  draft.set(`${role}.domain`, person.domain);
  if (related) draft.add('related.user', person.name);
  return person.name !== text;
}
