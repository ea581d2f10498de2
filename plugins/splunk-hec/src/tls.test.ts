import { selfSignedCertificate } from '@xiq-siem/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { batchOf, noSignal, startFixture } from './test-harness.ts';

const tls = selfSignedCertificate();

it('rejects an untrusted certificate, and sends nothing', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { fake: { tls } });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({
    batch: 'misconfigured',
    code: 'tls_failed',
    message: expect.stringContaining('self-signed certificate'),
  });
  expect(await destination.check?.(noSignal)).toMatchObject({
    ok: false,
    message: expect.stringMatching(/self-signed certificate: the certificate authority .* set `caFile`/),
  });
  expect(fake.requests).toEqual([]);
});

it('accepts a certificate whose authority is configured', async () => {
  const { destination, idsOf } = await startFixture(onTestFinished, { fake: { tls }, ca: tls.cert });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
  expect(idsOf()).toEqual(['a']);
});

it('uses one connection for all requests', async () => {
  const { destination, fake } = await startFixture(onTestFinished, { fake: { tls }, ca: tls.cert });
  for (let time = 0; time < 3; time++) await destination.deliver(batchOf('a'), noSignal);
  expect(fake.connections().opened).toBe(1);
});

it('accepts any certificate only with verifyTls: false, and logs a warning', async () => {
  const { destination, log } = await startFixture(onTestFinished, { fake: { tls }, config: { verifyTls: false } });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({ items: [{ verdict: 'delivered' }] });
  expect(log.of('destination.tls_not_verified')).toHaveLength(1);
});

it('reports an https URL for a server without TLS', async () => {
  const { fake } = await startFixture(onTestFinished);
  const url = fake.url.replace('http:', 'https:');
  const { destination } = await startFixture(onTestFinished, { config: { url } });
  expect(await destination.deliver(batchOf('a'), noSignal)).toMatchObject({
    batch: 'misconfigured',
    code: 'tls_failed',
    message: expect.stringContaining('the server does not use TLS on this port: check `url`'),
  });
});

it.each([
  ['http://splunk.example:8088', 1],
  ['http://127.0.0.1:8088', 0],
  ['https://splunk.example:8088', 0],
])('warns about a token on an unencrypted connection: %s, %i', async (url, times) => {
  const { log } = await startFixture(onTestFinished, { config: { url } });
  expect(log.of('destination.not_encrypted')).toHaveLength(times);
});
