import { Secret } from '@xiq-siem/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { testSource } from './test-source.ts';

const source = testSource({ header: 'X-Webhook-Token' });
const [first, second] = ['s3cret', 'user:n3xt:pärt'];
const secrets = [new Secret(first), new Secret(second)];

const verdict = (headers: Record<string, string>, accepted = secrets, by = source) =>
  by.authenticate({ header: (name) => headers[name], bytes: new Uint8Array() }, accepted);
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

it.each([
  ['the password of Basic', { authorization: basic(`xiq:${first}`) }, 'basic_password'],
  ['the password of Basic without a user', { authorization: basic(`:${first}`) }, 'basic_password'],
  ['a password of Basic that holds colons itself', { authorization: basic(`xiq:${second}`) }, 'basic_password'],
  ['the whole pair of Basic', { authorization: basic(second) }, 'basic_pair'],
  ['the decoded token of Basic without a colon', { authorization: basic(first) }, 'basic_pair'],
  ['a token that Basic carries as it is', { authorization: `Basic ${first}` }, 'basic_token'],
  ['Basic in any case', { authorization: basic(`xiq:${first}`).replace('Basic', 'bASIC') }, 'basic_password'],
  ['Bearer', { authorization: `Bearer ${first}` }, 'bearer'],
  ['Bearer in any case', { authorization: `BEARER ${first}` }, 'bearer'],
  ['a bare value', { authorization: first }, 'bare'],
  ['the configured header', { 'x-webhook-token': first }, 'header'],
  ['the header beside a wrong Authorization', { authorization: 'Bearer no', 'x-webhook-token': first }, 'header'],
])('accepts %s', (_, headers: Record<string, string>, form) => {
  expect(verdict(headers)).toEqual({ ok: true, form });
});

it('accepts the bytes of a non-ASCII secret as a header has them', () => {
  const asSent = Buffer.from(`Bearer ${second}`, 'utf8').toString('latin1');
  expect(verdict({ authorization: asSent })).toEqual({ ok: true, form: 'bearer' });
});

it.each([
  ['nothing', {}],
  ['an empty Authorization', { authorization: '' }],
  ['a wrong secret', { authorization: 'Bearer s3cre' }],
  ['a secret in another case', { authorization: 'Bearer S3CRET' }],
  ['a longer secret', { authorization: 'Bearer s3crets' }],
  ['the secret as the user of Basic', { authorization: basic(`${first}:x`) }],
  ['the secret in a header that is not configured', { 'x-token': first }],
  ['Basic of nothing', { authorization: 'Basic ' }],
  ['Basic of a colon', { authorization: basic(':') }],
])('refuses %s', (_, headers: Record<string, string>) => {
  expect(verdict(headers)).toEqual({ ok: false });
});

it('refuses everything without a secret, or with only empty ones', () => {
  for (const accepted of [[], [new Secret('')]]) {
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Basic ', basic(':'), basic('')]) {
      expect(verdict({ authorization, 'x-webhook-token': '' }, accepted)).toEqual({ ok: false });
    }
  }
});

it('compares every byte of a long secret', () => {
  const long = 's'.repeat(40_000);
  expect(verdict({ authorization: long }, [new Secret(long)])).toEqual({ ok: true, form: 'bare' });
  expect(verdict({ authorization: `${long}x` }, [new Secret(long)])).toEqual({ ok: false });
});

it('accepts no other header unless it is configured', () => {
  expect(verdict({ 'x-webhook-token': first }, secrets, testSource())).toEqual({ ok: false });
});

it('never throws, and accepts only the secret', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.option(fc.string({ unit: 'binary' }), { nil: undefined }), (a, b) => {
      fc.pre(!a.includes(first) && !(b ?? '').includes(first));
      expect(verdict({ authorization: a, ...(b !== undefined && { 'x-webhook-token': b }) })).toEqual({ ok: false });
    }),
  );
});
