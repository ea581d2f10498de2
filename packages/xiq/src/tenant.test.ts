// D6: every document says which source received it, and which organization it belongs to.
import type { Organization } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { messageTypes } from './message-types.ts';
import { xiqSource } from './source.ts';
import { agent, bodyOf, silent } from './test-source.ts';

function documentsOf(content: object | string, configured: Organization, learned?: Organization, messageType?: string) {
  const context = { name: 'berlin', agent, log: silent, meter: { add: () => undefined }, organization: () => learned };
  const source = xiqSource.create(xiqSource.configSchema.parse({ organization: configured }), context);
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return [...source.normalize(bodyOf(text, { messageType }), 0)].map(({ document }) => ({
    source: Object(document.extreme?.['xiq']).source,
    organization: document.organization,
    account: document.cloud?.account,
  }));
}

const berlin = { id: '1091', name: 'Berlin' };
const all = { source: 'berlin', organization: berlin, account: berlin };

it.each(Object.keys(messageTypes))('%s has the organization of the configuration, or of the account', (type) => {
  expect(documentsOf({ x: 1 }, berlin, undefined, type)).toEqual([all]);
  expect(documentsOf({ x: 1 }, {}, berlin, type)).toEqual([all]);
});

it('an event that cannot be read has them too', () => {
  expect(documentsOf('no JSON', berlin)).toEqual([all]);
  expect(documentsOf('[5]', {}, berlin)).toEqual([all]);
});

it.each<[string, object, Organization | undefined]>([
  ['names itself whole', { ownerId: 7, vhmName: 'Other' }, { id: '7', name: 'Other' }],
  ['has the same id', { ownerId: 1091 }, berlin],
  ['has the same name', { vhmName: 'Berlin' }, berlin],
  ['has another id: nothing is mixed', { ownerId: 7 }, { id: '7' }],
  ['has another name: nothing is mixed', { vhmName: 'Other' }, { name: 'Other' }],
])('an event that %s', (_, fields, organization) => {
  for (const documents of [documentsOf(fields, berlin), documentsOf(fields, {}, berlin)]) {
    expect(documents).toEqual([{ source: 'berlin', organization, account: organization }]);
  }
});

it('the configuration takes precedence over the account, and is not mixed with another one', () => {
  expect(documentsOf({ x: 1 }, { name: 'North' }, berlin)[0]?.organization).toEqual({ id: '1091', name: 'North' });
  expect(documentsOf({ x: 1 }, { id: '5' }, berlin)[0]?.organization).toEqual({ id: '5' });
});

it('an event whose organization is unknown has none', () => {
  expect(documentsOf({ x: 1 }, {})).toEqual([{ source: 'berlin', organization: undefined, account: undefined }]);
});
