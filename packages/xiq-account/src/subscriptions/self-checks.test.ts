import { expect, it } from 'vitest';
import { selfCheckHeader } from './public-url/post-without-secret.ts';
import { createSelfChecks } from './self-checks.ts';

it('a look is known by its mark, as long as it lasts and no longer', async () => {
  const looks = createSelfChecks();
  const isOwn = (mark: string | undefined) => looks.isOwn((name) => (name === selfCheckHeader ? mark : undefined));
  let seen = '';
  await looks.look(async (mark) => {
    seen = mark;
    expect([isOwn(mark), isOwn(`${mark}x`), isOwn(''), isOwn(undefined)]).toEqual([true, false, false, false]);
    return [];
  });
  expect(seen).toMatch(/^[\w-]{24}$/);
  expect(isOwn(seen)).toBe(false);
  await expect(looks.look(() => Promise.reject(new Error('aborted')))).rejects.toThrow('aborted');
});
