import { expect, it } from 'vitest';
import { fileConfig } from './config.ts';

it('has defaults that do not fill the disk', () => {
  expect(fileConfig.parse({ directory: 'out' })).toEqual({
    directory: 'out',
    rotateAtBytes: 67_108_864,
    retainForDays: 30,
    maxBytes: 5_368_709_120,
    minFreeBytes: 1_073_741_824,
  });
});

it.each([
  [{}, 'directory'],
  [{ directory: '' }, 'directory'],
  [{ directory: 'out', rotateAtBytes: 1.5 }, 'rotateAtBytes'],
  [{ directory: 'out', retainForDays: 0 }, 'retainForDays'],
  [{ directory: 'out', minFreeBytes: -1 }, 'minFreeBytes'],
  [{ directory: 'out', maxBytes: 100_000_000 }, 'maxBytes'],
])('rejects %j and names the field', (config, field) => {
  expect(fileConfig.safeParse(config).error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
});

it('rejects an unknown key', () => {
  expect(fileConfig.safeParse({ directory: 'out', rotateBytes: 1 }).error?.issues[0]?.code).toBe('unrecognized_keys');
});

it('describes every field', () => {
  for (const field of Object.values(fileConfig.shape)) expect(field.description).toMatch(/\.$/);
});
