import { expect, it } from 'vitest';
import { formatFault } from './faults.ts';
import { checkConfiguration } from './load.ts';
import { secretFaults } from './secrets.ts';
import { testRegistry as registry } from './test-registry.ts';
import { parseYaml } from './yaml-file.ts';

async function faultsOf(keys: string): Promise<readonly string[]> {
  const yaml = `destinations:\n  one: { type: file, directory: ./out, ${keys} }\n`;
  const env = { LONG: 'a key of the operator', SHORT: 'too short' };
  const result = await checkConfiguration(parseYaml('c.yaml', yaml), '/etc/x/c.yaml', '/etc/x', registry, env);
  return (result.ok ? secretFaults(result.configuration) : result.faults).map(formatFault);
}

it.each([
  ['where: { fields: { event.outcome: [ failure ], extreme.xiq.message_type: [ AUDIT_LOG_ALL ] } }'],
  ['redact: { hash: [ user.name, source.ip ], drop: [ event.severity ], key: { env: LONG } }'],
  ['redact: { mask: [ user.name ] }'],
])('%s is valid', async (keys) => expect(await faultsOf(keys)).toEqual([]));

it.each([
  ['where: { fields: { event.outcom: [ failure ] } }', 'where.fields.event.outcom: no field of a document'],
  ['where: { exceptFields: { outcome: [ x ] } }', 'where.exceptFields.outcome: no field of a document'],
  [
    'where: { fields: { event.outcome: [ success, failed ] } }',
    'failed is no value of event.outcome: expected one of failure',
  ],
  ['where: { exceptFields: { event.type: [ begin ] } }', 'begin is no value of event.type'],
  [
    'where: { fields: { event.dataset: [ audit ] } }',
    'audit is no value of event.dataset: expected one of extreme_xiq',
  ],
  ['redact: { mask: [ user.name, user ] }', 'redact.mask[1]: user is no field of a document'],
  ['redact: { drop: [ event.id ] }', 'redact.drop[0]: event.id cannot be redacted'],
  ['redact: { mask: [ source.ip ] }', 'redact.mask[0]: source.ip is of the type ip'],
  ['redact: { hash: [ user.name ] }', 'redact.key: hash needs a key'],
  ['redact: { hash: [ user.name ], key: { env: NONE } }', 'redact.key: the environment variable NONE is not set'],
  ['redact: { hash: [ user.name ], key: { env: SHORT } }', 'redact.key: the secret is shorter than 16 characters'],
])('%s is a fault with its place', async (keys, text) => {
  expect(await faultsOf(keys)).toEqual([expect.stringMatching(/^c\.yaml:2:\d+: destinations\.one\./)]);
  expect(await faultsOf(keys)).toEqual([expect.stringContaining(text)]);
});
