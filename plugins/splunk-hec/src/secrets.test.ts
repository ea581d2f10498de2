import { selfSignedCertificate } from '@xiq-siem/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { batchOf, type FixtureOptions, noSignal, otherToken, startFixture, token } from './test-harness.ts';

const both = { [token]: { ack: true }, [otherToken]: {} };
const echo = `{"text":"Unknown header Splunk ${token}","code":4}`;
const cases: readonly [string, FixtureOptions, (fake: Awaited<ReturnType<typeof startFixture>>['fake']) => unknown][] =
  [
    ['the server accepts the batch', {}, () => {}],
    ['the server rejects the token', { fake: { tokens: {} } }, () => {}],
    ['the server echoes the token', {}, (fake) => fake.respondAlways('event', { status: 403, body: echo })],
    [
      'the server echoes the token in HTML',
      {},
      (fake) => fake.respondAlways('event', { status: 200, body: `<b>${token}</b>` }),
    ],
    ['the connection is cut', {}, (fake) => fake.respondAlways('event', { instead: 'reset' })],
    ['no server listens', {}, (fake) => fake.goDown()],
    ['TLS fails', { fake: { tls: selfSignedCertificate() } }, () => {}],
    ['acknowledgement is on', { fake: { tokens: both }, unchecked: { ack: true, ackPollMs: 5 } }, () => {}],
  ];

it.each(cases)('does not reveal the token when %s', async (_, options, prepare) => {
  const printed = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')];
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  const { destination, fake, log } = await startFixture(onTestFinished, options);
  await prepare(fake);
  const report = await destination.deliver(batchOf('a', 'b'), noSignal);
  const check = await destination.check?.(noSignal);
  expect(JSON.stringify([report, check, log.lines])).not.toContain('canary');
  for (const spy of printed) expect(spy).not.toHaveBeenCalled();
});

it('puts no token in a URL', async () => {
  const { destination, fake } = await startFixture(onTestFinished, cases.at(-1)?.[1] ?? {});
  await destination.deliver(batchOf('a'), noSignal);
  await destination.check?.(noSignal);
  expect(JSON.stringify(fake.requests.map(({ path }) => path))).not.toContain('canary');
});
