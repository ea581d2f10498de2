// For tests: servers on loopback that act as a public host, and the ports that reach them.
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { type TestCertificate, testCertificate } from '@xiq-siem/testkit';
import { checkPublicUrl, type PublicUrlOptions } from './check-public-url.ts';
import type { PublicUrlFinding } from './findings.ts';
import type { PublicUrlPorts } from './ports.ts';

export const host = 'hooks.example';
export const publicUrl = `https://${host}/webhooks/xiq/AUDIT_LOG_ALL`;

export const root = testCertificate({ name: 'Test Root', isAuthority: true });
export const intermediate = testCertificate({ name: 'Test Intermediate', isAuthority: true, issuer: root });
export const leaf = testCertificate({ name: host, hosts: [host], issuer: intermediate });

export interface SentTls {
  readonly certificate: TestCertificate;
  /** Sent after it. */
  readonly others?: readonly TestCertificate[];
}

export const completeChain: SentTls = { certificate: leaf, others: [intermediate] };

/** The 401 response of our receiver. */
export const ourRefusal: RequestListener = (_request, response) => {
  response.writeHead(401, { 'www-authenticate': 'Basic realm="xiq-siem-connector"' }).end('{}');
};

type Cleanup = (task: () => Promise<void>) => void;

async function listen(server: Server, onFinished: Cleanup): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export function startTls(
  { certificate, others = [] }: SentTls,
  onFinished: Cleanup,
  response: RequestListener = ourRefusal,
): Promise<number> {
  const cert = [certificate, ...others].map((one) => one.cert).join('');
  return listen(createHttpsServer({ cert, key: certificate.key }, response), onFinished);
}

export const startPlain = (onFinished: Cleanup, response: RequestListener = ourRefusal): Promise<number> =>
  listen(createHttpServer(response), onFinished);

/** Accepts connections and passes each to `then`. */
export const startTcp = (onFinished: Cleanup, then: (socket: Socket) => void = () => undefined): Promise<number> =>
  listen(createTcpServer(then), onFinished);

export interface Reached extends Partial<Omit<PublicUrlPorts, 'connect'>> {
  /** The loopback port of each address. An address without one refuses connections. */
  readonly behind?: Readonly<Record<string, number>>;
}

/** A documentation address (RFC 5737), which counts as public. */
export const publicAddress = '203.0.113.7';

export function testPorts({ behind = {}, ...ports }: Reached): PublicUrlPorts {
  return {
    resolve: async () => [publicAddress],
    async connect(address, _port, signal) {
      const port = behind[address];
      if (port === undefined) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
      const socket = connect({ host: '127.0.0.1', port });
      await once(socket, 'connect', { signal });
      return socket;
    },
    authorities: [root.cert],
    now: Date.now,
    ...ports,
  };
}

export type Findings = Readonly<Record<PublicUrlFinding['check'], Omit<PublicUrlFinding, 'check'>>>;

/** The findings by check. */
export async function check(
  ports: PublicUrlPorts,
  url: string = publicUrl,
  options: PublicUrlOptions = {},
): Promise<Partial<Findings>> {
  const findings = await checkPublicUrl(url, ports, new AbortController().signal, options);
  return Object.fromEntries(findings.map(({ check, state, message }) => [check, { state, message }]));
}
