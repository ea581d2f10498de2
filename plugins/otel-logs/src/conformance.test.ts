import { Secret } from '@xiq-siem/core';
import { destinationContext } from '@xiq-siem/testkit';
import { describeDestination } from '@xiq-siem/testkit/conformance';
import { describe } from 'vitest';
import { otelLogsDestination } from './otel-logs-destination.ts';
import { partialSuccess, startOtlpServer } from './test-server.ts';

const secret = 'canary-8f3b2c';

describe.each(['http/protobuf', 'http/json'])('%s', (protocol) => {
  describeDestination('otel-logs', {
    definition: otelLogsDestination,
    async start({ log, meter }) {
      const server = await startOtlpServer();
      return {
        config: { url: server.url, protocol, headers: { 'X-Api-Key': { env: 'KEY' } } },
        context: destinationContext({ log, meter, secrets: { KEY: new Secret(secret) } }),
        received: async () => server.accepted,
        requests: () => server.requests.filter(({ ids }) => ids.length > 0).length,
        connections: server.connections,
        faults: {
          down: { inject: server.stop, recover: server.restart },
          refuseCredentials: {
            inject: async () =>
              server.respondWith(({ headers }) => ({ status: 401, body: `who is ${String(headers['x-api-key'])}?` })),
          },
          hang: { inject: async () => server.respondWith(() => ({ instead: 'noResponse' })) },
          busy: { inject: async () => server.respondWith(() => ({ status: 503, headers: { 'retry-after': '1' } })) },
          rejectOne: {
            inject: async (id) =>
              server.respondWith(({ ids }) => {
                if (!ids.includes(id)) return undefined;
                return ids.length === 1 ? partialSuccess(1, 'no') : { status: 400 };
              }),
          },
        },
        secrets: [secret],
        stop: server.stop,
      };
    },
  });
});
