import { expect, it } from 'vitest';
import { DocumentDraft } from '../document/document-draft.ts';
import { mappers } from '../mappings/table.ts';
import { eventsOfValue, receivedAtMs } from '../test-source.ts';
import { zoneOffset } from './time.ts';

/** Distinct spellings of one name, in the order of characters. */
const spellings = (before: string, after: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, number) => {
    const bits = number.toString(2).padStart(16, '0');
    return before + bits.replaceAll('0', '-').replaceAll('1', '_') + after;
  });

it.each(['in order', 'in reverse'])('reads the first of 20,000 spellings of a name, sent %s', (order) => {
  const names = spellings('user', 'name', 20_000);
  const members = names.map((name, number) => [name, `user-${number}`] as const);
  const draft = new DocumentDraft();
  const element = Object.fromEntries(order === 'in order' ? members : members.toReversed());
  mappers.audit.map([element], { offset: zoneOffset('UTC'), receivedAtMs }, draft);
  const { user, extreme } = draft.finish();
  expect(user?.name).toBe('user-0');
  expect(Object.keys(Object(extreme?.['xiq']).extra)).toHaveLength(names.length - 1);
});

it('copies a limited number of spellings of a large parent into each of its observations', () => {
  const parent = Object.fromEntries(spellings('ap', 'mac', 500).map((name) => [name, 'aabbccddeeff']));
  expect(Object.keys(mappers.location.known(parent)).length).toBeLessThanOrEqual(64);
  const events = eventsOfValue({ ...parent, observations: [{ rssi: 1 }, { rssi: 2 }] }, 'LOCATION_AP_CENTRIC');
  expect(events.map(({ document }) => document.observer?.mac)).toEqual([['AA-BB-CC-DD-EE-FF'], ['AA-BB-CC-DD-EE-FF']]);
});
