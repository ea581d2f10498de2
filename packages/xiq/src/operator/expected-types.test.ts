import { validateEcs } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { type Category, categories, type EventType, eventTypes, expectedTypes } from './expected-types.ts';

it('lists every category and type of ECS', () => {
  // A category or type that is in neither list does not compile.
  const categoriesLeft: readonly Exclude<Category, (typeof categories)[number]>[] = [] satisfies never[];
  const typesLeft: readonly Exclude<EventType, (typeof eventTypes)[number]>[] = [] satisfies never[];
  expect([...categoriesLeft, ...typesLeft]).toEqual([]);
  expect(Object.keys(expectedTypes)).toEqual(categories);
});

it.each(categories)('expects of %s what ECS does', (category) => {
  const ofEcs = eventTypes.filter(
    (type) =>
      !validateEcs({ event: { category: [category], type: [type] } }).some((fault) => fault.includes('not expected')),
  );
  expect([...expectedTypes[category]].sort()).toEqual(ofEcs.sort());
});
