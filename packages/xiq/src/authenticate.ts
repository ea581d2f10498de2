// Authenticates a webhook by its secret, in every form in which a sender may send it.
import { Buffer } from 'node:buffer';
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AuthenticationRequest, AuthenticationVerdict, Secret } from '@xiq-siem/core';

/** The key of all digests. It is random, so that a sender cannot choose a digest. */
const processKey = randomBytes(32);

/** The key, followed by space for a value. Node limits headers to less than this space. */
const keyed = Buffer.alloc(processKey.length + 32_768);
processKey.copy(keyed);

function digest(value: Buffer): Buffer {
  if (value.length > keyed.length - processKey.length)
    return hash('sha256', Buffer.concat([processKey, value]), 'buffer');
  value.copy(keyed, processKey.length);
  return hash('sha256', keyed.subarray(0, processKey.length + value.length), 'buffer');
}

/** Node decodes header values as Latin-1. */
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A secret never changes, so its digest is computed once. */
const digests = new WeakMap<Secret, Buffer>();

/** An empty secret matches nothing: its digest is that of random bytes. */
function digestOf(secret: Secret): Buffer {
  const known = digests.get(secret);
  if (known !== undefined) return known;
  const value = Buffer.from(secret.reveal(), 'utf8');
  const created = digest(value.length === 0 ? randomBytes(32) : value);
  digests.set(secret, created);
  return created;
}

/** The possible values of `Authorization`. The vendor does not document which header has the secret, and in which form. */
function formsOf(authorization: string): readonly (readonly [form: string, value: Buffer])[] {
  const space = authorization.indexOf(' ');
  const scheme = authorization.slice(0, Math.max(space, 0)).toLowerCase();
  const credentials = authorization.slice(space + 1).trim();
  const bare = ['bare', bytesOf(authorization.trim())] as const;
  if (scheme === 'bearer') return [['bearer', bytesOf(credentials)], bare];
  if (scheme !== 'basic') return [bare];
  const pair = Buffer.from(credentials, 'base64');
  return [
    // Without a colon this is the whole pair.
    ['basic_password', pair.subarray(pair.indexOf(':') + 1)],
    ['basic_pair', pair],
    ['basic_token', bytesOf(credentials)],
    bare,
  ];
}

/**
 * Compares every form of the sent value with every secret, by digests and without an early end: the time depends only on
 * the request. `header` is another header that may have the secret, in lower case.
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
