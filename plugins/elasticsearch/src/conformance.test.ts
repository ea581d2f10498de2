import { Secret } from '@xiq-siem/core';
import { destinationContext } from '@xiq-siem/testkit';
import { describeDestination } from '@xiq-siem/testkit/conformance';
import { elasticsearchDestination } from './elasticsearch-destination.ts';
import { elasticsearchSetup } from './setup.ts';
import { apiKey, configOf, keyText, testFields } from './test-context.ts';
import { type Reply, type Script, startTestServer } from './test-server.ts';

const rejected: Script = ({ headers }) => ({
  status: 401,
  body: { error: { type: 'security_exception', reason: `unable to authenticate ${headers.authorization}` } },
});
const busy: Reply = {
  status: 429,
  body: { error: { type: 'es_rejected_execution_exception', reason: 'too many requests' } },
};

describeDestination('elasticsearch', {
  definition: elasticsearchDestination,
  async start({ log, meter }) {
    const server = await startTestServer();
    const context = {
      ...destinationContext({ log, meter, secrets: { [apiKey.env]: new Secret(keyText) } }),
      fields: testFields,
    };
    await (await elasticsearchSetup(configOf(server.url, { apiKey }), context)).apply();
    return {
      config: { nodes: [server.url], apiKey },
      context,
      received: async () => server.documents.map(({ id }) => id),
      requests: () => server.bulks().length,
      connections: server.connections,
      faults: {
        down: { inject: server.down, recover: server.up },
        refuseCredentials: { inject: async () => server.script(rejected) },
        hang: { inject: async () => server.script(({ path }) => (path === '/_bulk' ? 'hang' : undefined)) },
        busy: { inject: async () => server.script(({ path }) => (path === '/_bulk' ? busy : undefined)) },
        rejectOne: {
          async inject(bad) {
            server.script(({ path, body }) => {
              if (path !== '/_bulk' || !body.includes(bad)) return undefined;
              const ids = [...body.matchAll(/"_id":"(\w+)"/g)].map(([, id = '']) => id);
              const error = { type: 'document_parsing_exception', reason: 'failed to parse field [client.ip]' };
              return {
                body: {
                  items: ids.map((_id) => {
                    if (_id === bad) return { create: { _id, status: 400, error } };
                    server.documents.push({ stream: '', id: _id, json: '' });
                    return { create: { _id, status: 201 } };
                  }),
                },
              };
            });
          },
        },
      },
      secrets: [keyText],
      stop: () => server.down().catch(() => {}),
    };
  },
});
