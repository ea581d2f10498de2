import { expect, it, onTestFinished } from 'vitest';
import { type FixtureOptions, noSignal, otherToken, startFixture, token } from './test-harness.ts';

async function checkOf(options: FixtureOptions = {}, prepare: (fake: Fixture['fake']) => void = () => {}) {
  const { destination, fake } = await startFixture(onTestFinished, options);
  prepare(fake);
  const result = await destination.check?.(noSignal);
  expect(fake.events).toEqual([]);
  return result;
}
type Fixture = Awaited<ReturnType<typeof startFixture>>;

const acks = { [token]: { ack: true } };

it('reports that HEC accepts the token, and what was not checked', async () => {
  expect(await checkOf({ config: { index: 'network' } })).toEqual({
    ok: true,
    message: expect.stringMatching(/ accepts the token; write access to index "network" was not checked$/),
  });
});

it.each<[string, FixtureOptions, RegExp]>([
  [
    'a wrong token',
    { fake: { tokens: {} } },
    /the token: Invalid token .* does not know the token: copy the value .* to the secret in `token`$/,
  ],
  ['a disabled token', { fake: { tokens: { [token]: { disabled: true } } } }, /Token disabled .* enable/],
  ['no token', { config: { token: { env: 'NOT_SET' } } }, /the token is missing or empty: check `token`$/],
  ['a token that requires acknowledgement', { fake: { tokens: acks } }, /set `ack: true`/],
  [
    'the second token',
    { config: { datasets: { 'extreme_xiq.auth': { token: { env: 'OTHER_TOKEN' } } } } },
    /token 2 of 2: Invalid token/,
  ],
])('reports %s', async (_, options, message) => {
  expect(await checkOf(options)).toEqual({ ok: false, message: expect.stringMatching(message) });
});

it('succeeds with acknowledgement if the token has it on', async () => {
  expect(await checkOf({ config: { ack: true }, fake: { tokens: acks } })).toMatchObject({ ok: true });
});

it('L5: warns of a token without acknowledgement: events are delivered, but degraded', async () => {
  expect(await checkOf({ config: { ack: true } })).toEqual({
    ok: true,
    warning: true,
    message: expect.stringMatching(/: turn on indexer acknowledgement for the token, or set `ack: false`$/),
  });
});

it('L5: warns of a server that has no endpoint for acknowledgements', async () => {
  const result = await checkOf({ config: { ack: true }, fake: { tokens: acks } }, (fake) =>
    fake.respondNext('ack', { status: 404, body: 'Not Found' }),
  );
  expect(result).toMatchObject({ ok: true, warning: true, message: expect.stringContaining('set `ack: false`') });
});

it('checks several tokens', async () => {
  const datasets = { 'extreme_xiq.auth': { token: { env: 'OTHER_TOKEN' } } };
  const tokens = { [token]: {}, [otherToken]: {} };
  expect(await checkOf({ config: { datasets }, fake: { tokens } })).toMatchObject({
    ok: true,
    message: expect.stringContaining('tokens'),
  });
});

it.each([18, 19, 20])('L9: a busy HEC (code %i) delays events and does not stop them', async (code) => {
  const result = await checkOf({}, (fake) => fake.respondNext('health', { code }));
  const message = expect.stringMatching(new RegExp(`accepts the token; it is busy, .*code ${code}`));
  expect(result).toEqual({ ok: true, warning: true, message });
});

it('L9: a token that was not checked because HEC is busy is not called accepted', async () => {
  const result = await checkOf({}, (fake) => fake.respondNext('event', { code: 9 }));
  expect(result).toEqual({ ok: true, warning: true, message: expect.stringMatching(/responds; it is busy, .*code 9/) });
  const proxy = { status: 503, body: 'no backend' };
  const behind = await checkOf({}, (fake) => {
    fake.respondNext('health', proxy);
    fake.respondNext('event', proxy);
  });
  expect(behind).toEqual({ ok: false, message: expect.stringContaining('no backend') });
});

it('reports that HEC shuts down', async () => {
  const result = await checkOf({}, (fake) => fake.respondNext('health', { code: 23 }));
  expect(result).toEqual({ ok: false, message: expect.stringContaining('code 23') });
});

it('checks the token if there is no health endpoint', async () => {
  const result = await checkOf({}, (fake) => fake.respondNext('health', { status: 404, body: '' }));
  expect(result).toMatchObject({ ok: true });
});

it('reports a server that is not an event collector', async () => {
  const page = { status: 200, body: '<html>Welcome</html>' };
  const result = await checkOf({}, (fake) => fake.respondNext('event', page));
  expect(result).toMatchObject({ ok: false, message: expect.stringContaining('correct `url`') });
});

it.each([
  ['a wrong path', { status: 404, body: 'Not Found' }, 'Not Found (HTTP 404): there is no event collector at this URL'],
  ['a redirect', { status: 302, body: '' }, 'set `url` to the target of the redirect'],
])('gives advice about %s, and does not name the token', async (_, response, message) => {
  const result = await checkOf({}, (fake) => fake.respondNext('event', response));
  expect(result).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  expect(result?.message).not.toContain('the token:');
});

it('gives advice if no server listens', async () => {
  const { destination, fake } = await startFixture(onTestFinished);
  await fake.close();
  expect(await destination.check?.(noSignal)).toEqual({
    ok: false,
    message: expect.stringMatching(/ECONNREFUSED.*: check `url` and `proxy`/),
  });
});
