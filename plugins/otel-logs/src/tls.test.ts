import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSignedCertificate } from '@xiq-siem/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { batchOf, destinationAt, noSignal, type TestContextOptions } from './test-context.ts';
import { startOtlpServer } from './test-server.ts';

const server = selfSignedCertificate();
const client = selfSignedCertificate();

async function fixture(config: object, options: TestContextOptions, tls: ServerOptions = {}) {
  const otlp = await startOtlpServer(() => undefined, { ...server, ...tls });
  const made = await destinationAt(otlp.url, config, options);
  onTestFinished(async () => {
    await made.destination.close?.();
    await otlp.stop();
  });
  return { ...made, report: await made.destination.deliver(batchOf(['a']), noSignal) };
}

async function clientFiles() {
  const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-otel-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const files = { certFile: join(directory, 'cert.pem'), keyFile: join(directory, 'key.pem') };
  await writeFile(files.certFile, client.cert);
  await writeFile(files.keyFile, client.key);
  return files;
}

const delivered = { items: [{ index: 0, verdict: 'delivered' }] };
const refused = { batch: 'misconfigured', code: 'tls_failed' };

it('takes a certificate that the configured authority vouches for', async () => {
  expect((await fixture({}, { ca: server.cert })).report).toEqual(delivered);
});

it('refuses any other, which is for a person to mend', async () => {
  const { report, destination } = await fixture({}, {});
  expect(report).toMatchObject(refused);
  expect(await destination.check?.(noSignal)).toMatchObject({
    ok: false,
    message: expect.stringMatching(
      /is not trusted: self-signed certificate \(the certificate authority .* set `caFile`/,
    ),
  });
});

it('takes any only where the configuration says so, and says it in the log', async () => {
  const { report, logged } = await fixture({ verifyTls: false }, {});
  expect(report).toEqual(delivered);
  expect(logged.map(({ event }) => event)).toEqual(['destination.tls_not_verified']);
});

const asksForCertificate = { requestCert: true, rejectUnauthorized: true, ca: client.cert };

it('shows its own certificate where the server asks for one', async () => {
  expect((await fixture(await clientFiles(), { ca: server.cert }, asksForCertificate)).report).toEqual(delivered);
});

it('without one, such a server is misconfigured', async () => {
  const { report, destination } = await fixture({}, { ca: server.cert }, asksForCertificate);
  expect(report).toMatchObject(refused);
  expect(await destination.check?.(noSignal)).toMatchObject({
    message: expect.stringContaining('check `certFile` and `keyFile`'),
  });
});

it('does not start with a certificate that cannot be read', async () => {
  const files = { ...(await clientFiles()), keyFile: '/nowhere/key.pem' };
  await expect(destinationAt('https://127.0.0.1:1/v1/logs', files)).rejects.toMatchObject({
    code: 'config_invalid',
    message: 'keyFile /nowhere/key.pem cannot be read (ENOENT): expected a PEM file',
  });
});
