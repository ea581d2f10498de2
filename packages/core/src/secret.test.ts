import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret, secretReference, sourceSecretReference } from './secret.ts';

it('a secret is redacted in every kind of output', () => {
  const secret = new Secret('canary');
  const printed = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
  ];
  for (const text of printed) expect(text).not.toContain('canary');
  expect(secret.reveal()).toBe('canary');
});

it('a secret in the configuration is rejected, and the message shows the correct form', () => {
  const parsed = secretReference.safeParse('hunter2');
  expect(parsed.success).toBe(false);
  expect(parsed.error?.issues[0]?.message).toContain('expected { env: NAME }');
  expect(JSON.stringify(parsed.error?.issues)).not.toContain('hunter2');
});

it.each([[{ env: 'A' }], [{ file: '/x', optional: true }]])('accepts %j', (reference) => {
  expect(secretReference.safeParse(reference).success).toBe(true);
  expect(sourceSecretReference.safeParse(reference).success).toBe(true);
});

it('only sources have managed secrets', () => {
  expect(sourceSecretReference.safeParse({ managed: true }).success).toBe(true);
  expect(secretReference.safeParse({ managed: true }).success).toBe(false);
});

it.each([[{ env: 'A', file: 'b' }], [{ managed: false }], [{ env: 'a b' }], [{}], [7]])('rejects %j', (reference) => {
  expect(secretReference.safeParse(reference).success).toBe(false);
  expect(sourceSecretReference.safeParse(reference).success).toBe(false);
});
