import { Secret } from '@xiq-siem/core';
import { destinationContext, startHecFake } from '@xiq-siem/testkit';
import { describeDestination } from '@xiq-siem/testkit/conformance';
import { splunkHecDestination } from './splunk-hec-destination.ts';

const token = 'conformance-canary-token';

describeDestination('splunk-hec', {
  definition: splunkHecDestination,
  async start(telemetry) {
    const fake = await startHecFake({ tokens: { [token]: {} } });
    const idOf = (event: unknown) => String(/"id":"([^"]+)"/.exec(JSON.stringify(event))?.[1]);
    return {
      config: {
        url: fake.url,
        token: { env: 'TOKEN' },
        index: 'main',
        datasets: { 'extreme_xiq.auth': { index: 'auth' } },
      },
      context: destinationContext({ ...telemetry, secrets: { TOKEN: new Secret(token) } }),
      received: async () => fake.events.map(({ event }) => idOf(event)),
      requests: () => fake.requests.filter(({ path, bytes }) => path.endsWith('/event') && bytes > 0).length,
      connections: () => fake.connections().open,
      faults: {
        down: { inject: fake.goDown, recover: fake.recover },
        refuseCredentials: { inject: async () => fake.respondAlways('event', { code: 4 }) },
        hang: { inject: async () => fake.respondAlways('event', { instead: 'silence' }) },
        busy: { inject: async () => fake.respondAlways('event', { code: 9 }) },
        closeDataset: {
          inject: async (dataset) =>
            fake.refuse(({ event }) => (JSON.stringify(event).includes(dataset) ? 7 : undefined)),
        },
        rejectOne: { inject: async (id) => fake.refuse(({ event }) => (idOf(event) === id ? 12 : undefined)) },
      },
      secrets: [token],
      stop: fake.close,
    };
  },
});
