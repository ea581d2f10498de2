// The baseline: a bare node:http server that reads the body and stores nothing.
import { createServer } from 'node:http';

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const response = JSON.stringify({ received: Buffer.concat(chunks).length });
    outgoing.writeHead(202, { 'content-type': 'application/json', 'content-length': response.length }).end(response);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 }));
});
