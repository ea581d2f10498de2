// All operator commands and clients that never read, beside a load of webhooks: no request is refused or lost.
import { readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { routes } from '@xiq-siem/admin-api';
import { expect, onTestFailed, test } from 'vitest';
import { z } from 'zod';
import { inFiles } from './arrivals.ts';
import { spawnConnector } from './connector-process.ts';
import { copiesBy, differences } from './copies.ts';
import { only, operatorFixture } from './operator-fixture.ts';
import { usageOf } from './process-usage.ts';
import { laggingDestinations } from './readyz.ts';
import { responsesOf, startSteadyLoad, summaryOf } from './steady-load.ts';

/** On two cores, together with the command processes. */
const rate = 1_000;
const connections = 64;
const maxStreams = 16;
const beforeMs = 4_000;
const besideMs = 8_000;
const noEvent = `1${'0'.repeat(40)}`;
const adminFile = z.object({ url: z.url(), token: z.string() });

test('whatever is requested of the admin API and however slowly it is read, every webhook gets 202 and is delivered once', async () => {
  const archive = { type: 'file', directory: './out', minFreeBytes: 0 };
  await using fixture = await operatorFixture({ healthEvents: { enabled: false }, destinations: { archive } });
  const { directory, configFile, secret } = fixture.work;
  const connector = await fixture.start();
  await using others = new AsyncDisposableStack();
  others.defer(async () => void (await connector.end('SIGKILL')));
  onTestFailed(() => console.log(connector.output().slice(-5_000)));
  const { url, token } = adminFile.parse(JSON.parse(await readFile(join(directory, 'data/admin.json'), 'utf8')));
  const agent = others.adopt(new Agent({ keepAlive: true }), (kept) => kept.destroy());
  const open = (path: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` };
      request(`${url}${path}`, { headers, agent }, resolve).on('error', reject).end();
    });
  using load = startSteadyLoad({
    ...{ url: connector.url, secret, rate, connections },
    receiptsFile: join(directory, 'receipts'),
  });
  load.phase('alone');
  await setTimeout(beforeMs);

  load.phase('beside all that an operator can ask');
  // A suspended client: it keeps its connection and reads nothing.
  const stopped = spawnConnector(['tail', '--json', '--config', configFile], secret, directory);
  others.defer(() => void stopped.kill('SIGKILL'));
  await new Promise((resolve) => stopped.stdout?.once('data', resolve));
  stopped.kill('SIGSTOP');
  const reading = spawnConnector(
    ['tail', '--where', 'dataset=extreme_xiq.audit', '--config', configFile],
    secret,
    directory,
  );
  others.defer(() => void reading.kill('SIGKILL'));
  let lines = 0;
  reading.stdout?.setEncoding('utf8').on('data', (text: string) => {
    lines += text.split('\n').length - 1;
  });
  const { cpuSeconds } = await usageOf(connector.pid);
  const startedMs = performance.now();
  const until = startedMs + besideMs;
  const calls = { status: 0, trace: 0, unmapped: 0, metrics: 0 };
  const again = async (what: keyof typeof calls, call: () => Promise<void>) => {
    for (; performance.now() < until; calls[what] += 1) await call();
  };
  await Promise.all([
    again('status', async () => expect(await fixture.run('status')).toMatchObject({ code: 0 })),
    again('trace', async () => expect(await fixture.run(`trace ${noEvent} --from 1h`)).toMatchObject({ code: 66 })),
    again('unmapped', async () => expect(await fixture.run('unmapped')).toMatchObject({ code: 0 })),
    again('metrics', async () => {
      const response = await open('/metrics');
      expect(response.statusCode).toBe(200);
      for await (const chunk of response) expect(chunk).toBeDefined();
    }),
  ]);
  const share = ((await usageOf(connector.pid)).cpuSeconds - cpuSeconds) / ((performance.now() - startedMs) / 1000);
  expect(Math.min(...Object.values(calls))).toBeGreaterThan(0);
  expect(lines).toBeGreaterThan(rate / 10);
  stopped.kill('SIGKILL');
  reading.kill('SIGKILL');

  load.phase(`beside ${maxStreams} tails that are never read`);
  await expect
    .poll(
      async () => {
        const responses = await Promise.all(Array.from({ length: maxStreams }, () => open('/api/v1/tail')));
        for (const response of responses) response.on('error', () => undefined).pause();
        const taken = responses.every(({ statusCode }) => statusCode === 200);
        if (!taken) for (const response of responses) response.destroy();
        return taken;
      },
      { timeout: 10_000 },
    )
    .toBe(true);
  expect(await fixture.run('tail')).toMatchObject({ code: 75, output: expect.stringContaining('16 streams are open') });
  expect(await fixture.run('status')).toMatchObject({ code: 0 });
  await setTimeout(beforeMs);
  agent.destroy();
  await expect.poll(async () => (await fixture.run(`trace ${noEvent}`)).code, { timeout: 20_000 }).toBe(66);

  const measured = await load.end();
  console.log(
    `${summaryOf(measured)}\nanswered meanwhile: ${JSON.stringify(calls)}, and ${lines} lines of a tail; the connector took ${share.toFixed(2)} of a processor`,
  );
  const due = measured.phases.reduce((total, phase) => total + phase.due, 0);
  expect(responsesOf(measured)).toEqual({ 202: due });
  expect(measured.connectionsOpened).toBe(connections);
  await expect.poll(() => laggingDestinations(connector), { timeout: 20_000 }).toEqual([]);
  const receipts = new Map((await load.receipts()).map((receipt) => [receipt, 1]));
  expect(receipts.size).toBe(due);
  expect(differences(copiesBy(await inFiles(join(directory, 'out')), 'receipt'), receipts)).toEqual([]);
  const status = only((await fixture.runJson(routes.status, 'status')).lines);
  expect(status).toMatchObject({
    reconciled: true,
    gaps: [],
    destinations: [{ counters: { normalized: due, delivered: due } }],
  });
  expect(await connector.end('SIGTERM')).toBe(0);
});
