import { defineDestination, defineSource } from '@xiq-siem/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formatFault } from './faults.ts';
import { checkConfiguration, loadConfiguration, type Registry } from './load.ts';
import { parseYaml } from './yaml-file.ts';

const source = defineSource({
  type: 'xiq',
  fields: [],
  configSchema: z.strictObject({ namespace: z.string().default('default') }),
  create: () => ({
    authenticatesBy: 'headers',
    accepts: () => true,
    authenticate: () => ({ ok: false }),
    normalize: () => [],
  }),
});
const registry: Registry = {
  self: source,
  sources: [source],
  destinations: {
    file: async () =>
      defineDestination({
        type: 'file',
        assurance: 'stored',
        codes: [],
        configSchema: z.strictObject({ directory: z.string(), rotateAtBytes: z.int().default(1) }),
        create: async () => ({ deliver: async () => ({ items: [] }) }),
      }),
  },
};

async function faultsOf(yaml: string): Promise<readonly string[]> {
  const result = await checkConfiguration(parseYaml('c.yaml', yaml), '/etc/x/c.yaml', '/etc/x', registry, process.env);
  return result.ok ? [] : result.faults.map(formatFault);
}

describe('a valid configuration', () => {
  it('is the default without a file', async () => {
    const result = await loadConfiguration(undefined, registry, process.env);
    if (!result.ok) throw new Error('refused');
    const { server, admin, journal, sources, destinations } = result.configuration;
    expect(server).toMatchObject({ host: '127.0.0.1', port: 8080, maxBodyBytes: 8_388_608 });
    expect(admin).toEqual({ host: '127.0.0.1', port: 8081 });
    expect(journal).toMatchObject({ minFreeBytes: 1_073_741_824, retainForHours: 72 });
    expect(sources.map(({ name, type, secrets }) => [name, type, secrets.map(({ reference }) => reference)])).toEqual([
      ['xiq', 'xiq', [{ managed: true }]],
    ]);
    expect(destinations.map(({ name, definition }) => [name, definition.type])).toEqual([['archive', 'file']]);
  });

  it('is the documented example', async () => {
    const yaml = `
dataDirectory: ./data
server: { host: 127.0.0.1, port: 8080, maxBodyBytes: 8388608 }
admin: { host: 127.0.0.1, port: 8081 }
journal: { maxBytes: 10737418240, minFreeBytes: 1073741824, retainForHours: 72 }
sources:
  xiq: { type: xiq, secrets: [ { env: XIQ_WEBHOOK_SECRET }, { file: /run/secrets/next, optional: true } ], namespace: default }
destinations:
  archive: { type: file, directory: ./out }
`;
    expect(await faultsOf(yaml)).toEqual([]);
  });

  it('has paths relative to its file', async () => {
    const result = await checkConfiguration(parseYaml('c.yaml', ''), '/etc/x/c.yaml', '/etc/x', registry, process.env);
    expect(result.ok && result.configuration.resolvePath('./data')).toBe('/etc/x/data');
    expect(result.ok && result.configuration.resolvePath('/var/data')).toBe('/var/data');
  });
});

describe('a fault has file, line, column, field and the expected value', () => {
  it.each<[string, string, string[]]>([
    [
      'an unknown key',
      'server: {\n  prot: 1 }',
      ['c.yaml:2:3: server.prot: unknown key: check the spelling, or remove it'],
    ],
    [
      'keys of an older version, with what to use instead',
      'healthEvents:\n  silentFactor: 10\n  journalHours: 12',
      [
        'c.yaml:2:3: healthEvents.silentFactor: removed: use healthEvents.silentMinutes, the minutes after which a source is silent',
        'c.yaml:3:3: healthEvents.journalHours: removed: alert in your SIEM on extreme.connector.journal.hours_until_full of the heartbeats',
      ],
    ],
    [
      'an unknown key of a plugin',
      'destinations:\n  a: { type: file, directory: x, dir: y }',
      ['c.yaml:2:34: destinations.a.dir: unknown key: check the spelling, or remove it'],
    ],
    [
      'a wrong type',
      'server:\n  port: eighty',
      ['c.yaml:2:3: server.port: Invalid input: expected number, received string'],
    ],
    [
      'a number out of range',
      'server: { port: 70000 }',
      ['c.yaml:1:11: server.port: Too big: expected number to be <=65535'],
    ],
    [
      'a fraction of a byte',
      'server: { maxBodyBytes: 1.5 }',
      ['c.yaml:1:11: server.maxBodyBytes: Invalid input: expected int, received number'],
    ],
    [
      'a missing field of a plugin',
      'destinations:\n  a: { type: file }',
      ['c.yaml:2:3: destinations.a.directory: Invalid input: expected string, received undefined'],
    ],
    [
      'a missing type',
      'destinations:\n  a: { directory: x }',
      ['c.yaml:2:3: destinations.a: type is missing: expected one of file'],
    ],
    [
      'an unknown type',
      'sources:\n  a: { type: github }',
      ['c.yaml:2:8: sources.a.type: unknown type: expected one of xiq'],
    ],
    [
      'a bad name',
      'sources:\n  ../a: { type: xiq }',
      ['c.yaml:2:3: sources.../a: invalid name: expected a name of a-z, 0-9 and inner hyphens'],
    ],
    ['no source at all', 'sources: {}', ['c.yaml:1:1: sources: expected at least one']],
    [
      'an admin listener on a public address',
      'admin: { host: 0.0.0.0 }',
      ['c.yaml:1:10: admin.host: a loopback address: the admin listener must not be reachable from other machines'],
    ],
    ['a duplicate key', 'server: {}\nserver: {}', ['c.yaml:2:1: invalid YAML: Map keys must be unique']],
    [
      'invalid YAML',
      'a: [',
      ['c.yaml:1:5: invalid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    ['a list instead of keys', '- a', ['c.yaml:1:1: Invalid input: expected object, received array']],
  ])('%s', async (_what, yaml, faults) => expect(await faultsOf(yaml)).toEqual(faults));

  it('an inline secret, without repeating it', async () => {
    const [fault] = await faultsOf('sources:\n  xiq:\n    type: xiq\n    secrets: [ hunter2 ]');
    expect(fault).toBe(
      'c.yaml:4:16: sources.xiq.secrets[0]: the configuration must not contain a secret: expected { env: NAME } or { file: path }',
    );
  });

  it('all of them in one run, in the order of the file', async () => {
    const yaml =
      'server: { port: x }\nsources:\n  xiq: { type: xiq, nonsense: 1 }\ndestinations:\n  a: { type: nothing }\nextra: 1';
    expect((await faultsOf(yaml)).map((fault) => fault.split(': ')[1])).toEqual([
      'server.port',
      'sources.xiq.nonsense',
      'destinations.a.type',
      'extra',
    ]);
  });

  it('a missing file', async () => {
    const result = await loadConfiguration('/nonexistent/c.yaml', registry, process.env);
    expect(!result.ok && result.faults.map(formatFault)).toEqual([
      '/nonexistent/c.yaml: cannot be read (ENOENT): expected a YAML file',
    ]);
  });
});
