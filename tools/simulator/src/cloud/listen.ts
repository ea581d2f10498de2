// Serves an app on the loopback address only.
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';

export interface Listener {
  readonly url: string;
  /** Closes every connection. */
  close(): Promise<void>;
}

type Fetch = Parameters<typeof getRequestListener>[0];

/** Port 0 uses a free port. Rejects with the system's error. */
export async function listenAtLoopback(fetchCallback: Fetch, port: number): Promise<Listener> {
  const server = createServer(getRequestListener(fetchCallback));
  server.maxConnections = 1000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port to listen at');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
