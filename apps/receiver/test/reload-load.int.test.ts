// `reload` and SIGHUP under 2,000 webhooks a second: no request is refused, no connection closed, nothing lost.
import { request } from 'node:http';
import { join } from 'node:path';
import { routes } from '@xiq-siem/admin-api';
import { parseReceipt } from '@xiq-siem/journal';
import { expect, onTestFailed, test } from 'vitest';
import { hecToken, startHec } from './all-destinations.ts';
import { inFiles, inHecFake } from './arrivals.ts';
import { copiesBy, differences } from './copies.ts';
import { only, operatorFixture } from './operator-fixture.ts';
import { destinationOf, laggingDestinations } from './readyz.ts';
import { responsesOf, startSteadyLoad, summaryOf } from './steady-load.ts';

const rate = 2_000;
const connections = 64;
const pollOptions = { timeout: 20_000, interval: 50 };

/** The status of an empty body with a secret: 400 where the secret is accepted, else 401. Nothing is stored. */
function statusWith(url: string, secret: string): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${secret}`, 'content-length': 0 };
  return new Promise((resolve, reject) => {
    request(`${url}/webhooks/xiq/AUDIT_LOG_ALL`, { method: 'POST', headers, agent: false }, (response) =>
      resolve(response.resume().statusCode),
    )
      .on('error', reject)
      .end();
  });
}

test('destinations are added, changed and removed and secrets are rotated under load: every request gets 202, every receipt is delivered', async () => {
  const hec = await startHec();
  await using others = new AsyncDisposableStack();
  others.defer(() => hec.close());
  const always = {
    archive: { type: 'file', directory: './out', minFreeBytes: 0 },
    second: { type: 'file', directory: './second', minFreeBytes: 0 },
  };
  const splunk = { type: 'splunk-hec', url: hec.url, token: hecToken };
  const secretsOf = (...files: readonly string[]) => ({
    sources: { xiq: { type: 'xiq', secrets: files.map((file) => ({ file })) } },
  });
  const first = secretsOf('./first-secret');
  await using fixture = await operatorFixture(
    { healthEvents: { enabled: false }, destinations: always, ...first },
    { 'hec-token': 'hec-token-4711', 'first-secret': 'one-4711\n', 'next-secret': 'three-4711\n' },
  );
  const connector = await fixture.start();
  others.defer(async () => void (await connector.end('SIGKILL')));
  onTestFailed(() => console.log(connector.output().slice(-5_000)));
  const reload = async (says: string) =>
    expect(await fixture.run('reload')).toMatchObject({ code: 0, output: expect.stringContaining(says) });
  const sendSighup = async (says: RegExp) => {
    const before = connector.output().length;
    process.kill(connector.pid, 'SIGHUP');
    await expect.poll(() => connector.output().slice(before), pollOptions).toMatch(says);
  };
  const comesThrough = async () => {
    const before = hec.events.length;
    await expect.poll(() => hec.events.length - before, pollOptions).toBeGreaterThan(rate / 2);
  };
  using load = startSteadyLoad({
    ...{ url: connector.url, secret: 'one-4711', rate, connections },
    receiptsFile: join(fixture.work.directory, 'receipts'),
  });

  load.phase('a destination added');
  const added = { ...always, splunk };
  await fixture.configure({ ...first, destinations: added });
  await reload('destinations.splunk added');
  await comesThrough();

  load.phase('a secret rotated in its file');
  await fixture.write('first-secret', 'two-4711\none-4711\n');
  await sendSighup(/"event":"configuration.reloaded"/);
  await load.use('one-4711', 'two-4711');
  await comesThrough();
  await load.use('two-4711');
  await fixture.write('first-secret', 'two-4711\n');
  await reload('Mapping: ');
  expect(await statusWith(connector.url, 'one-4711')).toBe(401);
  expect(await statusWith(connector.url, 'two-4711')).toBe(400);

  load.phase('another file named for the secret');
  await fixture.configure({ ...secretsOf('./first-secret', './next-secret'), destinations: added });
  await reload('sources.xiq changed');
  await load.use('three-4711');
  const next = secretsOf('./next-secret');
  await fixture.configure({ ...next, destinations: added });
  await sendSighup(/"changed":"sources.xiq changed"/);
  expect(await statusWith(connector.url, 'two-4711')).toBe(401);

  load.phase('a destination changed');
  await fixture.configure({ ...next, destinations: { ...always, splunk: { ...splunk, batch: { maxEvents: 100 } } } });
  await reload('destinations.splunk changed');
  await comesThrough();
  await fixture.configure({ ...next, destinations: added });
  await sendSighup(/"changed":"destinations.splunk changed"/);
  await comesThrough();

  load.phase('files at fault');
  await fixture.write('config.yaml', 'destinations:\n  archive:\n    type: file\n    directroy: ./out\n');
  const refused = await fixture.run('reload');
  expect(refused).toMatchObject({ code: 78, output: expect.stringMatching(/config\.yaml:4:\d+.*directroy/) });
  await sendSighup(/"event":"configuration.reload_refused","error":".*config\.yaml:4:\d+.*directroy/);
  await fixture.write('config.yaml', 'destinations: [ not closed\n');
  expect(await fixture.run('reload')).toMatchObject({
    code: 78,
    output: expect.stringMatching(/config\.yaml:\d+:\d+/),
  });
  await fixture.configure({ ...secretsOf('./no-such-file'), destinations: always });
  expect(await fixture.run('reload')).toMatchObject({
    code: 78,
    output: expect.stringMatching(/config\.yaml:1:\d+: sources\.xiq\.secrets\[0\]: .*ENOENT/),
  });
  expect(await statusWith(connector.url, 'three-4711')).toBe(400);
  await comesThrough();
  // The requests of this test with an old secret were refused; those without a body are no problem.
  const { problems } = only((await fixture.runJson(routes.status, 'status')).lines);
  expect(problems.map(({ code }) => code)).toEqual(['credentials_refused']);

  load.phase('a destination removed');
  await fixture.configure({ ...next, destinations: always });
  await reload('destinations.splunk removed');
  const measured = await load.end();
  console.log(summaryOf(measured));
  const due = measured.phases.reduce((total, phase) => total + phase.due, 0);
  expect(responsesOf(measured)).toEqual({ 202: due });
  expect(measured.connectionsOpened).toBe(connections);
  await expect.poll(() => laggingDestinations(connector), pollOptions).toEqual([]);

  const receipts = new Map((await load.receipts()).map((receipt) => [receipt, 1]));
  expect(receipts.size).toBe(due);
  for (const directory of ['out', 'second']) {
    const arrived = copiesBy(await inFiles(join(fixture.work.directory, directory)), 'receipt');
    expect(differences(arrived, receipts), directory).toEqual([]);
  }
  expect((await destinationOf(connector, 'second')).counters).toMatchObject({ normalized: due, delivered: due });
  // From its first to its last event, no event is missing, whatever was changed meanwhile.
  const sent = new Set(inHecFake(hec).map(({ receipt }) => parseReceipt(receipt)?.sequence ?? -1));
  expect(Math.max(...sent) - Math.min(...sent) + 1).toBe(sent.size);
  expect(await connector.end('SIGTERM')).toBe(0);
});
