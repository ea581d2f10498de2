import type { RequestListener } from 'node:http';
import { rootCertificates } from 'node:tls';
import { selfSignedCertificate, testCertificate } from '@xiq-siem/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkPublicUrl } from './check-public-url.ts';
import { publicUrlChecks } from './findings.ts';
import { createPublicUrlPorts } from './ports.ts';
import { selfCheckHeader } from './post-without-secret.ts';
import {
  check,
  completeChain,
  host,
  intermediate,
  leaf,
  ourRefusal,
  publicAddress,
  publicUrl,
  root,
  type SentTls,
  startPlain,
  startTcp,
  startTls,
  testPorts,
} from './test-listeners.ts';

const dayMs = 86_400_000;
const publicUrlPorts = createPublicUrlPorts();

async function checkTls(tls: SentTls, response?: RequestListener, authorities = [root.cert]) {
  const port = await startTls(tls, onTestFinished, response);
  return check(testPorts({ behind: { [publicAddress]: port }, authorities }));
}

it('a correct URL passes all checks', async () => {
  let requested: unknown;
  const found = await checkTls(completeChain, (request, response) => {
    const { method, url, httpVersion, headers } = request;
    requested = { method, url, httpVersion, headers };
    ourRefusal(request, response);
  });
  expect(Object.keys(found)).toEqual(publicUrlChecks);
  for (const finding of Object.values(found)) expect(finding).toMatchObject({ state: 'ok' });
  expect(requested).toMatchObject({ method: 'POST', url: '/webhooks/xiq/AUDIT_LOG_ALL', httpVersion: '1.1' });
  expect(requested).toMatchObject({ headers: { host } });
  expect(requested).not.toHaveProperty('headers.authorization');
});

it('sends the nonce in a header, and no header without a nonce', async () => {
  const seen: unknown[] = [];
  const port = await startTls(completeChain, onTestFinished, (request, response) => {
    seen.push(request.headers[selfCheckHeader]);
    ourRefusal(request, response);
  });
  const ports = testPorts({ behind: { [publicAddress]: port } });
  await check(ports, publicUrl, { nonce: 'our-nonce' });
  await check(ports);
  expect(seen).toEqual(['our-nonce', undefined]);
});

describe('the chain', () => {
  const selfSigned = testCertificate({ name: host, hosts: [host] });
  it.each([
    ['without its intermediate', { certificate: leaf }, [root.cert], 'failed', 'without the intermediate'],
    ['with a private root', { certificate: leaf, others: [intermediate, root] }, [], 'failed', 'not public'],
    ['with an intermediate of an unknown root', completeChain, [], 'failed', 'incomplete'],
    ['of one self-signed certificate', { certificate: selfSigned }, [], 'failed', 'self-signed'],
    ['with its root', { certificate: leaf, others: [intermediate, root] }, [root.cert], 'ok', 'complete'],
  ] as const)('%s', async (_case, tls, authorities, state, message) => {
    // An empty list would select the default CAs.
    const found = await checkTls(tls, undefined, authorities.length > 0 ? [...authorities] : [...rootCertificates]);
    expect(found.certificate_chain).toEqual({ state, message: expect.stringContaining(message) });
    expect(found.certificate_name?.state).toBe('ok');
    expect(found.refuses_without_secret?.state).toBe('ok');
  });

  it('is verified with public CAs only', () => {
    expect(publicUrlPorts.authorities).toBe(rootCertificates);
  });
});

it('detects a certificate for another name', async () => {
  const other = testCertificate({ name: 'x', hosts: ['other.example'], issuer: intermediate });
  const found = await checkTls({ certificate: other, others: [intermediate] });
  expect(found.certificate_name).toMatchObject({ state: 'failed', message: expect.stringContaining(host) });
  expect(found.certificate_chain?.state).toBe('ok');
});

describe('the expiry', () => {
  const withDates = (fromDays: number, toDays: number) => {
    const [fromMs, toMs] = [Date.now() + fromDays * dayMs, Date.now() + toDays * dayMs];
    return testCertificate({ name: host, hosts: [host], issuer: intermediate, fromMs, toMs });
  };
  it.each([
    ['in 22 days', -1, 22, 'ok', 'No certificate expires before'],
    ['in 20 days', -1, 20.5, 'failed', 'in 20 days'],
    ['yesterday', -9, -1, 'failed', 'expired on'],
    ['of a certificate that is valid from tomorrow', 1, 90, 'failed', 'only from'],
  ])('%s', async (_case, from, to, state, message) => {
    const found = await checkTls({ certificate: withDates(from, to), others: [intermediate] });
    expect(found.certificate_expiry).toEqual({ state, message: expect.stringContaining(message) });
    expect(found.certificate_chain?.state).toBe(from < 0 && to > 0 ? 'ok' : 'unverifiable');
  });

  it('of an intermediate counts, that of the root does not', async () => {
    const toMs = Date.now() + 5 * dayMs;
    const soon = testCertificate({ name: 'Soon', isAuthority: true, issuer: root, toMs });
    const below = testCertificate({ name: host, hosts: [host], issuer: soon });
    const found = await checkTls({ certificate: below, others: [soon] });
    expect(found.certificate_expiry).toMatchObject({ state: 'failed' });

    const oldRoot = testCertificate({ name: 'Old Root', isAuthority: true, toMs });
    const signed = testCertificate({ name: host, hosts: [host], issuer: oldRoot });
    const other = await checkTls({ certificate: signed }, undefined, [oldRoot.cert]);
    expect(other.certificate_expiry).toMatchObject({ state: 'ok' });
  });
});

describe('a webhook without the secret', () => {
  it.each([
    [202, 'failed', 'a server in front of the receiver'],
    [200, 'failed', 'a server in front of the receiver'],
    [308, 'failed', 'redirect'],
    [403, 'unverifiable', 'addresses of ExtremeCloud IQ'],
    [400, 'failed', 'firewall'],
    [404, 'failed', 'names this source'],
    [429, 'unverifiable', 'too many requests'],
    [502, 'failed', 'reaches the receiver'],
    [401, 'unverifiable', 'credentials of its own'],
  ])('with the response %i', async (status, state, message) => {
    let requests = 0;
    const found = await checkTls(completeChain, (_request, response) => {
      requests++;
      response.writeHead(status, { location: `https://${host}/elsewhere` }).end('{}');
    });
    expect(found.refuses_without_secret).toEqual({ state, message: expect.stringContaining(message) });
    expect(requests).toBe(1);
  });

  it('with too large headers, or without a response, fails within bounds', async () => {
    const endless: RequestListener = (_request, response) => {
      response.writeHead(401, { 'x-long': 'x'.repeat(20_000) }).end();
    };
    const long = await checkTls(completeChain, endless);
    expect(long.refuses_without_secret).toMatchObject({ state: 'failed' });
    const port = await startTls(completeChain, onTestFinished, () => undefined);
    const silent = await check(testPorts({ behind: { [publicAddress]: port } }), publicUrl, { timeoutMs: 200 });
    expect(silent.refuses_without_secret?.message).toContain('timeout');
    expect(silent.certificate_chain?.state).toBe('ok');
  });
});

describe('the name', () => {
  const failing = (code: string) => async () => {
    throw Object.assign(new Error('dns'), { code });
  };
  it.each([
    ['that does not exist', failing('ENOTFOUND'), 'failed', 'does not resolve'],
    ['whose query fails', failing('ESERVFAIL'), 'unverifiable', 'ESERVFAIL'],
  ])('%s', async (_case, resolve, state, message) => {
    const found = await check(testPorts({ resolve }));
    expect(found.name).toEqual({ state, message: expect.stringContaining(message) });
    const others = Object.entries(found).filter(([check]) => check !== 'name');
    for (const [, finding] of others) expect(finding.state).toBe('unverifiable');
  });

  it.each([
    '10.1.2.3',
    '192.168.1.1',
    '169.254.0.1',
    '100.64.0.1',
    'fd00::1',
    'fe80::1',
    '127.0.0.1',
    '::1',
    '::ffff:10.0.0.1',
  ])('that resolves to %s from inside is unverifiable', async (address) => {
    const port = await startTls({ certificate: leaf }, onTestFinished);
    const found = await check(testPorts({ resolve: async () => [address], behind: { [address]: port } }));
    expect(Object.values(found).map(({ state }) => state)).toEqual(publicUrlChecks.map(() => 'unverifiable'));
    expect(found.name?.message).toContain('not public');
    expect(found.certificate_chain?.message).toContain('without the intermediate');
  });

  it('a private address in the URL fails', async () => {
    const found = await check(testPorts({}), 'https://10.0.0.7/webhooks/xiq/A');
    expect(found.name).toMatchObject({ state: 'failed' });
  });
});

it('checks each address, and the worst one counts', async () => {
  const [good, bad] = [
    await startTls(completeChain, onTestFinished),
    await startTls({ certificate: leaf }, onTestFinished),
  ];
  const resolve = async () => ['203.0.113.1', '203.0.113.2', '2001:db8::1'];
  const found = await check(testPorts({ resolve, behind: { '203.0.113.1': good, '203.0.113.2': bad } }));
  expect(found.certificate_chain).toMatchObject({ state: 'failed' });
  expect(found.certificate_name).toMatchObject({ state: 'ok' });
  expect(found.reachable).toMatchObject({ state: 'unverifiable' });
  expect(found.reachable?.message).toContain('2001:db8::1 port 443 cannot be reached from here (ECONNREFUSED)');
});

describe('a broken server', () => {
  it('does not speak TLS', async () => {
    const port = await startPlain(onTestFinished);
    const found = await check(testPorts({ behind: { [publicAddress]: port } }));
    expect(found.certificate_chain).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('speak TLS correctly'),
    });
  });

  it('hangs in the handshake, or resets the connection', async () => {
    const hanging = await startTcp(onTestFinished);
    const found = await check(testPorts({ behind: { [publicAddress]: hanging } }), publicUrl, { timeoutMs: 150 });
    expect(found.certificate_chain).toMatchObject({ state: 'unverifiable' });
    const cutting = await startTcp(onTestFinished, (socket) => socket.resetAndDestroy());
    const cut = await check(testPorts({ behind: { [publicAddress]: cutting } }));
    expect(cut.certificate_chain).toMatchObject({ state: 'unverifiable' });
  });
});

it('over http on loopback all checks are unverifiable, and the receiver gets the request', async () => {
  const port = await startPlain(onTestFinished, (_request, response) => response.writeHead(404).end());
  const found = await check(publicUrlPorts, `http://127.0.0.1:${port}/webhooks/xiq/A`);
  expect(Object.values(found).map(({ state }) => state)).toEqual(publicUrlChecks.map(() => 'unverifiable'));
  expect(found.refuses_without_secret?.message).toContain('got 404');
});

it('the real ports reach a server over TLS, and trust public CAs only', async () => {
  const { cert, key } = selfSignedCertificate();
  const port = await startTls({ certificate: { cert, key, name: '', privateKey: leaf.privateKey } }, onTestFinished);
  const found = await check(publicUrlPorts, `https://localhost:${port}/webhooks/xiq/A`);
  expect(found.certificate_chain?.message).toContain('self-signed');
});

it('ends with the reason of the signal', async () => {
  const port = await startTls(completeChain, onTestFinished, () => controller.abort(new Error('enough')));
  const controller = new AbortController();
  const ports = testPorts({ behind: { [publicAddress]: port } });
  await expect(checkPublicUrl(publicUrl, ports, controller.signal)).rejects.toThrow('enough');
});
