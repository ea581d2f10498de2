// Golden pairs: a body, and the documents that it becomes. `vitest -u` writes them anew; then read every line.
import { readdir, readFile } from 'node:fs/promises';
import { validateEcs } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { xiqSource } from './source.ts';
import { eventsOf } from './test-source.ts';

const fixtures = new URL('../fixtures/', import.meta.url);

/** What the URL named, by the beginning of a fixture's name. */
const messageTypes: readonly (readonly [string, string | undefined])[] = [
  ['doc-audit', 'AUDIT_LOG_ALL'],
  ['audit', 'AUDIT_LOG_ALL'],
  ['gdpr', 'GDPR_LOG_ALL'],
  ['credential', 'CREDENTIAL_LOG_ALL'],
  ['email', 'EMAIL_LOG_ALL'],
  ['sms', 'SMS_LOG_ALL'],
  ['assumed-authentication', 'AUTHENTICATION_LOG_ALL'],
  ['authentication', 'AUTHENTICATION_LOG_ALL'],
  ['accounting', 'ACCOUNTING_LOG_ALL'],
  ['assumed-location-ap', 'LOCATION_AP_CENTRIC'],
  ['location-ap', 'LOCATION_AP_CENTRIC'],
  ['location-client', 'LOCATION_CLIENT_CENTRIC'],
  ['unknown-type', 'SENSOR_LOG_ALL'],
  ['not-', 'AUDIT_LOG_ALL'],
  ['catch-all', undefined],
];

const names = (await readdir(fixtures))
  .filter((file) => file.endsWith('.json') && !file.endsWith('.ecs.json'))
  .map((file) => file.replace('.json', ''));

async function documentsOf(name: string) {
  const found = messageTypes.find(([prefix]) => name.startsWith(prefix));
  if (found === undefined) throw new Error(`no message type is named for the fixture ${name}`);
  return eventsOf(await readFile(new URL(`${name}.json`, fixtures)), found[1]).map(({ document }) => document);
}

it.each(names)('%s becomes the documents beside it, all of them valid', async (name) => {
  const documents = await documentsOf(name);
  expect(documents.flatMap((document) => validateEcs(document, xiqSource.fields))).toEqual([]);
  await expect(`${JSON.stringify(documents, undefined, 2)}\n`).toMatchFileSnapshot(
    new URL(`${name}.ecs.json`, fixtures).pathname,
  );
});

it.each(names.filter((name) => name.endsWith('-snake')))('%s says the same in camelCase', async (name) => {
  const bare = async (fixture: string) =>
    JSON.stringify(await documentsOf(fixture), (key, value) => {
      if (key === 'original' || key === 'hash') return undefined;
      // What is kept under its own key keeps the sender's spelling.
      return key === 'extra' ? Object.values(value) : value;
    });
  expect(JSON.parse(await bare(name.replace('-snake', '-camel')))).toEqual(JSON.parse(await bare(name)));
});
