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

/** Compared with where a form is not there: a digest of nothing that anyone can send. */
const nothing = digest(randomBytes(32));

/** Header values come as one character a byte. */
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

interface Candidate {
  readonly form: string;
  readonly value: Buffer | undefined;
}

/** Always the same forms in the same order, whatever is sent; which header carries the secret is documented nowhere. */
function candidatesOf(authorization: string | undefined, header: string | undefined): readonly Candidate[] {
  const [, scheme, credentials = ''] = /^([A-Za-z]+) +(.*)$/.exec(authorization ?? '') ?? [];
  const basic = scheme?.toLowerCase() === 'basic' ? credentials.trim() : undefined;
  const bearer = scheme?.toLowerCase() === 'bearer' ? credentials.trim() : undefined;
  const pair = basic === undefined ? undefined : Buffer.from(basic, 'base64');
  const colon = pair?.indexOf(':') ?? -1;
  return [
    { form: 'basic_password', value: colon < 0 ? undefined : pair?.subarray(colon + 1) },
    { form: 'basic_pair', value: pair },
    { form: 'basic_token', value: basic === undefined ? undefined : bytesOf(basic) },
    { form: 'bearer', value: bearer === undefined ? undefined : bytesOf(bearer) },
    { form: 'bare', value: authorization === undefined ? undefined : bytesOf(authorization.trim()) },
    { form: 'header', value: header === undefined ? undefined : bytesOf(header.trim()) },
  ];
}

/** Secrets do not change their value: a digest of one is made once. */
const digests = new WeakMap<Secret, Buffer | 'empty'>();

function digestOf(secret: Secret): Buffer | 'empty' {
  const known = digests.get(secret);
  if (known !== undefined) return known;
  const value = Buffer.from(secret.reveal(), 'utf8');
  const made = value.length === 0 ? 'empty' : digest(value);
  digests.set(secret, made);
  return made;
}

/**
 * Every secret is compared with every form, by digests of one length, with no early end. `header` is a further header
 * that may carry the secret, in lower case. An empty secret opens nothing.
 */
export function authenticate(
  request: AuthenticationRequest,
  secrets: readonly Secret[],
  header: string | undefined,
): AuthenticationVerdict {
  const further = header === undefined ? undefined : request.header(header);
  let form: string | undefined;
  for (const candidate of candidatesOf(request.header('authorization'), further)) {
    const sent = candidate.value === undefined ? nothing : digest(candidate.value);
    for (const secret of secrets) {
      const wanted = digestOf(secret);
      const equal = timingSafeEqual(sent, wanted === 'empty' ? nothing : wanted);
      if (equal && candidate.value !== undefined && wanted !== 'empty') form = candidate.form;
    }
  }
  return form === undefined ? { ok: false } : { ok: true, form };
}
