// Golden files: a body and its expected documents. `vitest -u` writes them again; then review every line.
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { validateEcs } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { builtInMappingVersion } from './mappings/table.ts';
import { xiqSource } from './source.ts';
import { eventsOf } from './test-source.ts';

const fixtures = new URL('../fixtures/', import.meta.url);

/** The message type of the URL, by the start of a fixture's name. */
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
  ['alert', 'ALERT'],
  ['not-', 'AUDIT_LOG_ALL'],
  ['catch-all', undefined],
];

const names = (await readdir(fixtures))
  .filter((file) => /^[^.]+\.json$/.test(file))
  .map((file) => file.replace('.json', ''));

async function documentsOf(name: string) {
  const found = messageTypes.find(([prefix]) => name.startsWith(prefix));
  if (found === undefined) throw new Error(`no message type is named for the fixture ${name}`);
  return eventsOf(await readFile(new URL(`${name}.json`, fixtures)), found[1]).map(({ document }) => document);
}

it.each(names)('%s gives the expected documents, and they are valid', async (name) => {
  const documents = await documentsOf(name);
  expect(documents.flatMap((document) => validateEcs(document, xiqSource.fields))).toEqual([]);
  await expect(`${JSON.stringify(documents, undefined, 2)}\n`).toMatchFileSnapshot(
    new URL(`${name}.ecs.json`, fixtures).pathname,
  );
});

it.each(names.filter((name) => name.endsWith('-snake')))('%s gives the same documents in camelCase', async (name) => {
  const bare = async (fixture: string) =>
    JSON.stringify(await documentsOf(fixture), (key, value) => {
      if (key === 'original' || key === 'hash') return undefined;
      // Fields in extra have the sender's spelling.
      return key === 'extra' ? Object.values(value) : value;
    });
  expect(JSON.parse(await bare(name.replace('-snake', '-camel')))).toEqual(JSON.parse(await bare(name)));
});

const pins = new URL('mapping-version.pins.json', fixtures);
const pinned = z.object({ version: z.string(), documents: z.record(z.string(), z.string()) });

/** The hash of the mapped fields, without the versions of ECS and of the mapping. */
async function pinOf(name: string): Promise<string> {
  const text = JSON.stringify(await documentsOf(name), (key, value) =>
    key === 'ecs' || key === 'mapping_version' ? undefined : value,
  );
  return hash('sha256', text, 'hex').slice(0, 16);
}

it('documents change only together with the mapping version', async () => {
  const now = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await pinOf(name)] as const)));
  const { version, documents } = pinned.parse(JSON.parse(await readFile(pins, 'utf8')));
  const changed = names.filter((name) => (documents[name] ?? now[name]) !== now[name]);
  const message =
    `documents differ from those of mapping version ${version}: raise builtInMappingVersion in src/mappings/table.ts ` +
    `and run vitest -u (if no release has carried ${version} yet, take their lines out of ${pins.pathname} instead)`;
  expect(version === builtInMappingVersion ? changed : [], message).toEqual([]);
  const all = { version: builtInMappingVersion, documents: now };
  await expect(`${JSON.stringify(all, undefined, 2)}\n`).toMatchFileSnapshot(pins.pathname);
});
