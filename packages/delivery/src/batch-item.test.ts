import { ecsDocument } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { batchItem } from './batch-item.ts';

it('a plugin cannot change the document, which other destinations share; it is frozen when it is read', () => {
  const document = ecsDocument({ 'event.id': 'a', 'event.type': ['start'], 'user.name': 'j.doe' });
  const body = { sequence: 1, receipt: 'r1', source: 'xiq', receivedAtMs: 0 };
  const event = { ...body, element: 0, id: 'a', dataset: 'd', timeMs: 0, document, json: '{}', bytes: 2 };
  const item = batchItem(event, 3);
  expect(item).toMatchObject({ index: 3, id: 'a', dataset: 'd', timeMs: 0, json: '{}' });
  expect(Object.isFrozen(batchItem({ ...event, document: { user: {} } }, 0).document.user)).toBe(true);
  const { event: shown = {}, user = {} } = item.document;
  expect(item.document).toBe(document);
  expect(() => Object.assign(user, { name: 'other' })).toThrow(TypeError);
  expect(() => Object.assign(shown.type ?? {}, { 0: 'end' })).toThrow(TypeError);
  expect(document.user?.name).toBe('j.doe');
});

it('a document that no plugin reads is not frozen', () => {
  const document = ecsDocument({ 'event.id': 'a' });
  const body = { sequence: 1, receipt: 'r1', source: 'xiq', receivedAtMs: 0 };
  batchItem({ ...body, element: 0, id: 'a', dataset: 'd', timeMs: 0, document, json: '{}', bytes: 2 }, 0);
  expect(Object.isFrozen(document)).toBe(false);
});
