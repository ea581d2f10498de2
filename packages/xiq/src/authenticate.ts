// The secret of a webhook, in every form that a sender may carry it in.
import { Buffer } from 'node:buffer';
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AuthenticationRequest, AuthenticationVerdict, Secret } from '@xiq-siem/core';

/** Digests of secrets and of what is sent depend on it: nobody outside can aim at one. */
const processKey = randomBytes(32);

/** The key, and room behind it for what is digested: headers are bounded below that by node. */
const keyed = Buffer.alloc(processKey.length + 32_768);
processKey.copy(keyed);

function digest(value: Buffer): Buffer {
  if (value.length > keyed.length - processKey.length)
    return hash('sha256', Buffer.concat([processKey, value]), 'buffer');
  value.copy(keyed, processKey.length);
  return hash('sha256', keyed.subarray(0, processKey.length + value.length), 'buffer');
}

/** Header values come as one character a byte. */
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Secrets do not change their value: a digest of one is made once. */
const digests = new WeakMap<Secret, Buffer>();

/** An empty secret opens nothing: its digest is that of bytes that nobody outside can know. */
function digestOf(secret: Secret): Buffer {
  const known = digests.get(secret);
  if (known !== undefined) return known;
  const value = Buffer.from(secret.reveal(), 'utf8');
  const made = digest(value.length === 0 ? randomBytes(32) : value);
  digests.set(secret, made);
  return made;
}

/** What `Authorization` may mean; which header carries the secret, and how, is documented nowhere. */
function formsOf(authorization: string): readonly (readonly [form: string, value: Buffer])[] {
  const space = authorization.indexOf(' ');
  const scheme = authorization.slice(0, Math.max(space, 0)).toLowerCase();
  const credentials = authorization.slice(space + 1).trim();
  const bare = ['bare', bytesOf(authorization.trim())] as const;
  if (scheme === 'bearer') return [['bearer', bytesOf(credentials)], bare];
  if (scheme !== 'basic') return [bare];
  const pair = Buffer.from(credentials, 'base64');
  return [
    // Without a colon, that is the pair again.
    ['basic_password', pair.subarray(pair.indexOf(':') + 1)],
    ['basic_pair', pair],
    ['basic_token', bytesOf(credentials)],
    bare,
  ];
}

/**
 * Compares every form of what was sent with every secret, by digests of one length, with no early end: how long it takes
 * depends on the request alone. `header` is a further header that may carry the secret, in lower case.
 */
export function authenticate(
  request: AuthenticationRequest,
  secrets: readonly Secret[],
  header: string | undefined,
): AuthenticationVerdict {
  let found: string | undefined;
  const compare = (form: string, value: Buffer): void => {
    const sent = digest(value);
    for (const secret of secrets) if (timingSafeEqual(sent, digestOf(secret))) found = form;
  };
  for (const [form, value] of formsOf(request.header('authorization') ?? '')) compare(form, value);
  if (header !== undefined) compare('header', bytesOf((request.header(header) ?? '').trim()));
  return found === undefined ? { ok: false } : { ok: true, form: found };
}
