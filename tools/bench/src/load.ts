// Load for a receiver: a number of connections with one request in flight on each; responses are counted by status.
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';

const load = z.object({
  port: z.number(),
  path: z.string(),
  authorization: z.string(),
  bodyBytes: z.number(),
  connections: z.number(),
  seconds: z.number(),
});
export type Load = z.output<typeof load>;

/** Counts of the measured time, which starts after a warm-up. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly statuses: Readonly<Record<string, number>>;
}

/** An audit event, padded to `bytes`. */
function auditBody(bytes: number): string {
  const event = { ownerId: 1091, orgId: 0, timeStamp: 1636337187553, id: null, userId: 6553, code: 10001, category: 1 };
  const text = JSON.stringify({ ...event, description: '' });
  return text.replace('"description":""', `"description":"${'x'.repeat(Math.max(0, bytes - text.length))}"`);
}

function run({ port, path, authorization, bodyBytes, connections, seconds }: Load): Promise<LoadResult> {
  const body = auditBody(bodyBytes);
  const request = Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const statuses: Record<string, number> = {};
  const times: number[] = [];
  const from = performance.now() + 1_000;
  const until = from + seconds * 1_000;
  const connection = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true }, send);
      let sentAt = 0;
      let pending = '';
      function send(): void {
        sentAt = performance.now();
        if (sentAt >= until) {
          socket.destroy();
          resolve();
        } else socket.write(request);
      }
      socket.on('data', (chunk) => {
        pending += chunk.toString('latin1');
        const head = pending.indexOf('\r\n\r\n');
        const length = Number(/content-length: (\d+)/i.exec(pending)?.[1] ?? 0);
        if (head < 0 || pending.length < head + 4 + length) return;
        const now = performance.now();
        if (now >= from && now < until) {
          const status = pending.slice(9, 12);
          statuses[status] = (statuses[status] ?? 0) + 1;
          times.push(now - sentAt);
        }
        pending = '';
        send();
      });
      socket.on('error', reject);
    });
  return Promise.all(Array.from({ length: connections }, connection)).then(() => {
    times.sort((a, b) => a - b);
    const at = (share: number): number => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(2));
    return { requestsPerSecond: Math.round(times.length / seconds), p50Ms: at(0.5), p99Ms: at(0.99), statuses };
  });
}

parentPort?.postMessage(await run(load.parse(workerData)));
