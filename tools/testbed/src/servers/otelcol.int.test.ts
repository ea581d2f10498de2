import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { leftoversAfterStop } from '../leftovers.ts';
import { sendRequest } from '../send-request.ts';
import { startServer } from '../servers.ts';
import type { RunningServer } from '../start-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer('otelcol', {});
});
afterAll(() => server?.stop());

const log = {
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'an access point was added' } }] }] }],
};
const sendTo = (url: string) => sendRequest(`${url}/v1/logs`, { body: log });

it('writes received data to its file', async () => {
  expect(await sendTo(server.url)).toEqual({ status: 200, text: '{"partialSuccess":{}}' });
  const written = async () => JSON.parse(await readFile(server.outputFile ?? '', 'utf8'));
  await expect.poll(written, { timeout: 10_000 }).toMatchObject(log);
});

const passesOn = (url: string): string => `
receivers:
  otlp:
    protocols:
      http:
        endpoint: \${env:OTLP_ENDPOINT}
exporters:
  otlp_http:
    endpoint: ${url}
    sending_queue:
      enabled: false
    retry_on_failure:
      enabled: false
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    logs:
      receivers: [otlp]
      exporters: [otlp_http]
`;

it('behaves as configured: here it passes on a 503', async () => {
  const port = await freePort();
  const busy = createServer((_, response) => void response.writeHead(503).end()).listen(port, '127.0.0.1');
  await once(busy, 'listening');
  const refusing = await startServer('otelcol', { config: passesOn(`http://127.0.0.1:${port}`) });
  const answer = await sendTo(refusing.url);
  expect(await leftoversAfterStop(refusing)).toEqual([]);
  busy.close();
  expect(answer.status).toBe(503);
});

it('reports the fault of an invalid configuration', async () => {
  await expect(startServer('otelcol', { config: 'receivers: { nonsense: }' })).rejects.toThrow(
    /ended with code 1\..*nonsense/s,
  );
});

it('leaves no process and no data after a stop', async () => {
  expect(await leftoversAfterStop(server)).toEqual([]);
});
