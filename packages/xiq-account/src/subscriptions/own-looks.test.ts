import { expect, it } from 'vitest';
import { createOwnLooks } from './own-looks.ts';
import { lookHeader } from './public-url/post-without-secret.ts';

it('a look is known by its mark, as long as it lasts and no longer', async () => {
  const looks = createOwnLooks();
  const isOwn = (mark: string | undefined) => looks.isOwn((name) => (name === lookHeader ? mark : undefined));
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
