// A fake cluster of event collectors behind a load balancer: nodes share nothing, and the balancer chooses one by its policy.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type HecFake, type HecFakeOptions, startHecFake } from './hec-fake.ts';

/** `cookie`: a client without a cookie gets the next node. `request`, `connection`: each gets the next node. */
export type BalancerPolicy = 'cookie' | 'request' | 'connection';

export interface HecCluster {
  /** URL of the balancer. */
  readonly url: string;
  readonly nodes: readonly HecFake[];
  /** Closes the connections of clients, as a balancer does when it restarts. */
  dropConnections(): void;
  close(): Promise<void>;
}

/** Listens on free loopback ports. */
export async function startHecCluster(
  { count, policy }: { readonly count: number; readonly policy: BalancerPolicy },
  options: HecFakeOptions,
): Promise<HecCluster> {
  const nodes = await Promise.all(Array.from({ length: count }, () => startHecFake(options)));
  const sockets = new Set<Socket>();
  let turn = 0;
  const nextNode = () => turn++ % count;
  const urlOf = (node: number) => new URL(nodes[node % count]?.url ?? '');

  const forward = async (from: IncomingMessage, to: ServerResponse) => {
    const known = policy === 'cookie' ? /(?:^|; )NODE=(\d+)/.exec(from.headers.cookie ?? '')?.[1] : undefined;
    const node = known === undefined ? nextNode() : Number(known);
    const body = await buffer(from);
    const url = new URL(from.url ?? '/', urlOf(node));
    const { method, headers } = from;
    const outgoing = request(url, { method, headers, agent: false }, (response) => {
      const cookies = policy === 'cookie' ? { 'Set-Cookie': [`NODE=${node}; Path=/; HttpOnly`, 'other=1'] } : {};
      to.writeHead(response.statusCode ?? 502, { ...response.headers, connection: 'keep-alive', ...cookies });
      response.pipe(to);
    });
    outgoing.on('error', () => to.destroy());
    outgoing.end(body);
  };
  const pipe = (client: Socket) => {
    const { port, hostname } = urlOf(nextNode());
    const server = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.pipe(to);
    }
  };
  const balancer: Server =
    policy === 'connection'
      ? createTcpServer(pipe)
      : createServer((from, to) => {
          forward(from, to).catch(() => to.destroy());
        });
  balancer.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => balancer.listen(0, '127.0.0.1', resolve));
  const address = balancer.address();

  function dropConnections(): void {
    for (const socket of sockets) socket.destroy();
  }
  async function closeCluster(): Promise<void> {
    const closed = new Promise((resolve) => balancer.close(resolve));
    dropConnections();
    await closed;
    await Promise.all(nodes.map((node) => node.close()));
  }
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    nodes,
    dropConnections,
    close: closeCluster,
  };
}
