import { expect, it } from 'vitest';
import { selfCheckHeader } from './public-url/post-without-secret.ts';
import { createSelfChecks } from './self-checks.ts';

it('a check is recognized by its nonce until it ends', async () => {
  const checks = createSelfChecks();
  const isOwn = (nonce: string | undefined) => checks.isOwn((name) => (name === selfCheckHeader ? nonce : undefined));
  let used = '';
  await checks.run(async (nonce) => {
    used = nonce;
    expect([isOwn(nonce), isOwn(`${nonce}x`), isOwn(''), isOwn(undefined)]).toEqual([true, false, false, false]);
    return [];
  });
  expect(used).toMatch(/^[\w-]{24}$/);
  expect(isOwn(used)).toBe(false);
  await expect(checks.run(() => Promise.reject(new Error('aborted')))).rejects.toThrow('aborted');
});
