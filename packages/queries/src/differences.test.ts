import type { EcsDocument } from '@xiq-siem/core';
import { expect, test } from 'vitest';
import { differences } from './replay-preview.ts';

const before: EcsDocument = { event: { action: 'a', category: ['iam'], ingested: '1' }, message: 'same' };
const after: EcsDocument = {
  event: { action: 'b', category: ['iam', 'session'], ingested: '2' },
  message: 'same',
  tags: ['t'],
};

test('differences are listed by path, a list as one value; ignored paths are skipped', () => {
  expect(differences(before, after, new Set(['event.ingested']))).toEqual([
    { path: 'event.action', before: 'a', after: 'b' },
    { path: 'event.category', before: ['iam'], after: ['iam', 'session'] },
    { path: 'tags', before: undefined, after: ['t'] },
  ]);
  expect(differences(before, before, new Set())).toEqual([]);
});

test('an object that exists on one side only is one difference', () => {
  expect(differences({ message: 'm' }, { message: 'm', event: { action: 'a' } }, new Set())).toEqual([
    { path: 'event', before: undefined, after: { action: 'a' } },
  ]);
});
