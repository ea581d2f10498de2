// A minimal event collector on a free loopback port, which acknowledges a request some milliseconds after it: `hec-server.ts 1000`.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';

const delayMs = Number(process.argv[2]);
const question = z.object({ acks: z.tuple([z.int()]) });
/** When the request of each channel came. */
const sentMs = new Map<string, number>();

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const channel = String(request.headers['x-splunk-request-channel'] ?? '');
  const reply = (value: object) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  if (!request.url?.startsWith('/services/collector/ack')) {
    if (channel !== '') sentMs.set(channel, performance.now());
    reply({ text: 'Success', code: 0, ...(channel !== '' && { ackId: 0 }) });
    return;
  }
  const { acks } = question.parse(JSON.parse(body.toString()));
  const isIndexed = performance.now() - (sentMs.get(channel) ?? Number.POSITIVE_INFINITY) >= delayMs;
  if (isIndexed) sentMs.delete(channel);
  reply({ acks: { [acks[0]]: isIndexed } });
}

const server = createServer((request, response) => {
  respond(request, response).catch(() => request.socket.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : undefined }));
});
