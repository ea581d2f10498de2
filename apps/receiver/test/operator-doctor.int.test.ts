// `doctor`: all four destinations ok, then one broken in several ways, each reported with its reason and advice.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { routes } from '@xiq-siem/admin-api';
import { type RunningServer, startServer } from '@xiq-siem/testbed';
import { type HecFake, selfSignedCertificate } from '@xiq-siem/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hecToken, startHec } from './all-destinations.ts';
import { inCollector, inFiles, inHecFake } from './arrivals.ts';
import { copiesBy, differences, onceEach } from './copies.ts';
import { elasticOf } from './elastic-server.ts';
import { type OperatorFixture, operatorFixture } from './operator-fixture.ts';

let secure: RunningServer;
let collector: RunningServer;
let hec: HecFake;

beforeAll(async () => {
  [secure, collector, hec] = await Promise.all([
    startServer('elasticsearch-8', {}),
    startServer('otelcol', {}),
    startHec(),
  ]);
  // This build of the server lacks types that the template names.
  const template = { index_patterns: ['logs-extreme_xiq.*-*'], priority: 200, data_stream: {} };
  await (await elasticOf(secure)).request('PUT', '/_index_template/plain', template);
}, 600_000);
afterAll(async () => {
  await Promise.all([secure?.stop(), collector?.stop(), hec?.close()]);
});

/** The privileges that docs/guides/destinations.md documents. */
const documentedRole = `writer:
  cluster: [ monitor ]
  indices:
    - names: [ "logs-extreme_xiq.*-*" ]
      privileges: [ auto_configure, create_doc, read, view_index_metadata ]
`;

/** The result for each destination, by name. */
async function doctor({ runJson }: OperatorFixture, seconds: number) {
  const { code, lines } = await runJson(routes.doctor, `doctor --seconds ${seconds}`);
  const found = lines.flatMap((line) => (line.kind === 'destination' ? [line] : []));
  const said = Object.fromEntries(found.map(({ name, result, ok, message }) => [name, { result, ok, message }]));
  expect(Object.keys(said).sort()).toEqual(['archive', 'elastic', 'otel', 'splunk']);
  expect(lines.at(-1)).toEqual({ kind: 'end', ok: code === 0 });
  return { code, said };
}

const taken = 'the connector cannot search this destination';
const othersAreOk = {
  archive: { result: 'found', ok: true, message: expect.stringContaining('.ndjson') },
  splunk: { result: 'delivered', ok: true, message: expect.stringContaining(taken) },
  otel: { result: 'delivered', ok: true, message: expect.stringContaining(taken) },
};
const stuck = (message: RegExp) => ({ result: 'stuck', ok: false, message: expect.stringMatching(message) });

test('doctor finds its event at every destination, or reports why the broken one fails and what to do', async () => {
  const { writer } = secure.credentials ?? {};
  if (writer === undefined) throw new Error('the server knows no users');
  const elastic = {
    ...{ type: 'elasticsearch', nodes: [secure.url], caFile: secure.caFile, requireTemplate: false },
    basic: { username: writer.username, password: { file: './password' } },
  };
  const withElastic = (changes: object) => ({
    destinations: {
      archive: { type: 'file', directory: './out', minFreeBytes: 0 },
      elastic: { ...elastic, ...changes },
      splunk: { type: 'splunk-hec', url: hec.url, token: hecToken },
      otel: { type: 'otel-logs', url: `${collector.url}/v1/logs` },
    },
  });
  const files = {
    password: writer.password,
    'old-password': 'the-old-one',
    'hec-token': 'hec-token-4711',
    'other-ca.pem': selfSignedCertificate().cert,
  };
  await using fixture = await operatorFixture(withElastic({}), files);
  const connector = await fixture.start();
  const reload = async (changes: object) => {
    await fixture.configure(withElastic(changes));
    expect(await fixture.run('reload')).toMatchObject({ code: 0 });
  };

  // The right to search is not needed to deliver, and is missing.
  expect(await doctor(fixture, 10)).toEqual({
    code: 1,
    said: {
      ...othersAreOk,
      elastic: {
        ...{ result: 'failed', ok: false },
        message: expect.stringContaining('requires the index privilege read on logs-extreme_xiq.*-*'),
      },
    },
  });
  await writeFile(join(dirname(secure.dataDirectory), 'config/roles.yml'), documentedRole);
  const healthy = {
    code: 0,
    said: { ...othersAreOk, elastic: { result: 'found', ok: true, message: expect.stringContaining('found in') } },
  };
  expect(await doctor(fixture, 20)).toEqual(healthy);
  expect(await fixture.run('status')).toMatchObject({ code: 0 });

  // A wrong key.
  await reload({ basic: { username: writer.username, password: { file: './old-password' } } });
  const wrongKey = await doctor(fixture, 4);
  expect(wrongKey).toEqual({
    code: 1,
    said: { ...othersAreOk, elastic: stuck(/401.*The user name or the password is wrong: correct `basic`/s) },
  });
  expect(JSON.stringify(wrongKey)).not.toContain('the-old-one');
  const person = await fixture.run('doctor --seconds 2');
  expect(person).toMatchObject({ code: 1, output: expect.stringMatching(/^elastic \(elasticsearch\): stuck after/m) });
  expect(person.output).toMatch(/^archive \(file\): found after/m);
  expect(person.output).toMatch(/^splunk \(splunk-hec\): delivered after/m);
  expect(await fixture.run('status')).toMatchObject({ code: 1, output: expect.stringContaining('unauthorized') });

  // An untrusted certificate.
  await reload({ caFile: './other-ca.pem' });
  expect(await doctor(fixture, 4)).toEqual({
    code: 1,
    said: { ...othersAreOk, elastic: stuck(/certificate.*set `caFile` to its certificate/s) },
  });

  // A missing template.
  await reload({ requireTemplate: true });
  expect(await doctor(fixture, 4)).toEqual({
    code: 1,
    said: { ...othersAreOk, elastic: stuck(/index template.*run `xiq-siem setup/s) },
  });

  // All fixed: the stuck events are delivered.
  await reload({});
  expect(await doctor(fixture, 20)).toEqual(healthy);
  const settled = async () => {
    const { reconciled, destinations } = await fixture.work.status();
    return reconciled && destinations.every(({ lag }) => lag.bodies === 0);
  };
  await expect.poll(settled, { timeout: 20_000 }).toBe(true);
  expect(await fixture.run('status')).toMatchObject({ code: 0 });
  expect(await connector.end('SIGTERM')).toBe(0);
  const archive = await inFiles(join(fixture.work.directory, 'out'));
  const everywhere = onceEach(archive);
  expect(differences(copiesBy(inHecFake(hec), 'id'), everywhere)).toEqual([]);
  expect(differences(copiesBy(await inCollector(collector), 'id'), everywhere)).toEqual([]);
  const hits = await (await elasticOf(secure)).search('logs-extreme_xiq.*-*');
  expect(hits.map(({ _id }) => _id).sort()).toEqual([...everywhere.keys()].sort());
}, 120_000);
