import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as requestPlain, type Server } from 'node:http';
import { createServer as createTlsServer, request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { exchange } from '@xiq-siem/core';
import { selfSignedCertificate } from '@xiq-siem/testkit';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createAgents } from './egress.ts';

const agentsOf = (egress: { proxy?: string; caFile?: string | undefined }) =>
  createAgents({ egress: { noProxy: [], ...egress }, resolvePath: (path) => path, env: {} }).agent;

const certificate = selfSignedCertificate();
let caFile: string;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-egress-'));
  caFile = join(directory, 'ca.pem');
  await writeFile(caFile, certificate.cert);
  return () => rm(directory, { recursive: true });
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const siem = (): Promise<number> => listening(createTlsServer(certificate, (_, response) => response.end('siem')));

/** An HTTP proxy that connects to any target, and records the requests. */
async function proxy(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    outgoing.end('by proxy');
  });
  server.on('connect', ({ url = '' }, client, head) => {
    asked.push(`CONNECT ${url}`);
    const target = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.write(head);
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
  });
  return { url: `http://127.0.0.1:${await listening(server)}`, asked };
}

function get(url: URL, agent: ReturnType<ReturnType<typeof createAgents>['agent']>): Promise<string> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? request : requestPlain;
    send(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
    onTestFinished(() => agent.destroy());
  });
}

describe('an outgoing request', () => {
  it('fails with a certificate of an unknown authority', async () => {
    const url = new URL(`https://127.0.0.1:${await siem()}`);
    const agent = agentsOf({ caFile: undefined })(url);
    await expect(get(url, agent)).rejects.toThrow(/self-signed certificate/);
  });

  it('trusts the authorities of caFile', async () => {
    const url = new URL(`https://127.0.0.1:${await siem()}`);
    expect(await get(url, agentsOf({ caFile })(url))).toBe('siem');
  });

  it('goes through the proxy by CONNECT, and the certificate is verified', async () => {
    const { url: proxyUrl, asked } = await proxy();
    const url = new URL(`https://127.0.0.1:${await siem()}`);
    expect(await get(url, agentsOf({ proxy: proxyUrl, caFile })(url))).toBe('siem');
    expect(asked).toEqual([`CONNECT 127.0.0.1:${url.port}`]);
    const untrusting = agentsOf({ proxy: proxyUrl, caFile: undefined })(url);
    await expect(get(url, untrusting)).rejects.toThrow(/self-signed certificate/);
  });

  it('goes through the proxy without TLS too', async () => {
    const { url: proxyUrl, asked } = await proxy();
    const url = new URL('http://siem.example/services');
    expect(await get(url, agentsOf({ proxy: proxyUrl, caFile: undefined })(url))).toBe('by proxy');
    expect(asked).toEqual(['GET http://siem.example/services']);
  });

  it("uses the destination's own proxy and authorities instead of the common ones", async () => {
    const [all, own] = [await proxy(), await proxy()];
    const url = new URL(`https://127.0.0.1:${await siem()}`);
    const egress = { proxy: all.url, noProxy: [], caFile: '/nonexistent/ca.pem' };
    const { agent: agents } = createAgents(
      { egress, resolvePath: (path) => path, env: {} },
      { proxy: own.url, caFile },
    );
    expect(await get(url, agents(url))).toBe('siem');
    expect([all.asked, own.asked]).toEqual([[], [`CONNECT 127.0.0.1:${url.port}`]]);
  });

  it.each([
    [407, { kind: 'response', status: 407 }],
    [
      403,
      {
        kind: 'failed',
        code: 'unreachable',
        message: expect.stringMatching(/^the proxy \S+ refuses a tunnel to siem\.example:443: HTTP 403$/),
      },
    ],
  ])('L17: a tunnel that the proxy refuses with %i: no text of the proxy is shown', async (status, expected) => {
    const server = createServer();
    server.on('connect', (_, client) => client.end(`HTTP/1.1 ${status} Secret-text of the proxy\r\n\r\n`));
    const proxyUrl = `http://svc:Secret-pw@127.0.0.1:${await listening(server)}`;
    const url = new URL('https://siem.example/');
    const agent = agentsOf({ proxy: proxyUrl })(url);
    onTestFinished(() => agent.destroy());
    const outcome = await exchange({ method: 'GET', url, agent, signal: new AbortController().signal });
    expect(outcome).toMatchObject(expected);
    expect(inspect(outcome)).not.toContain('Secret');
    // As an SDK sees it.
    const error = await get(url, agent).catch((cause: unknown) => cause);
    expect(inspect(error, { depth: 5 })).toContain(`HTTP ${status}`);
    expect(inspect(error, { depth: 5 })).not.toContain('Secret');
  });

  it('has an error that names a missing caFile', () => {
    expect(() => agentsOf({ caFile: '/nonexistent/ca.pem' })).toThrow(
      'caFile: /nonexistent/ca.pem cannot be read (ENOENT): expected PEM certificates',
    );
  });
});
