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
  const created = await destinationAt(otlp.url, config, options);
  onTestFinished(async () => {
    await created.destination.close?.();
    await otlp.stop();
  });
  return { ...created, report: await created.destination.deliver(batchOf(['a']), noSignal) };
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
const rejected = { batch: 'misconfigured', code: 'tls_failed' };

it('accepts a certificate that the configured authority signed', async () => {
  expect((await fixture({}, { ca: server.cert })).report).toEqual(delivered);
});

it('reports misconfigured for any other certificate', async () => {
  const { report, destination } = await fixture({}, {});
  expect(report).toMatchObject(rejected);
  expect(await destination.check?.(noSignal)).toMatchObject({
    ok: false,
    message: expect.stringMatching(
      /TLS to .* failed: self-signed certificate \(the certificate authority .* set `caFile`/,
    ),
  });
});

it('accepts any certificate only with verifyTls: false, and logs a warning', async () => {
  const { report, logged } = await fixture({ verifyTls: false }, {});
  expect(report).toEqual(delivered);
  expect(logged.map(({ event }) => event)).toEqual(['destination.tls_not_verified']);
});

const asksForCertificate = { requestCert: true, rejectUnauthorized: true, ca: client.cert };

it('sends its client certificate if the server requires one', async () => {
  expect((await fixture(await clientFiles(), { ca: server.cert }, asksForCertificate)).report).toEqual(delivered);
});

it('reports misconfigured if the server requires a client certificate and none is configured', async () => {
  const { report, destination } = await fixture({}, { ca: server.cert }, asksForCertificate);
  expect(report).toMatchObject(rejected);
  expect(await destination.check?.(noSignal)).toMatchObject({
    message: expect.stringContaining('check `certFile` and `keyFile`'),
  });
});

it('does not start if a certificate cannot be read', async () => {
  const files = { ...(await clientFiles()), keyFile: '/nowhere/key.pem' };
  await expect(destinationAt('https://127.0.0.1:1/v1/logs', files)).rejects.toMatchObject({
    code: 'config_invalid',
    message: 'keyFile /nowhere/key.pem cannot be read (ENOENT): expected a PEM file',
  });
});
