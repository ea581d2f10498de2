import { expect, it } from 'vitest';
import { elasticsearchConfig, nodesOf } from './config.ts';

const nodes = ['https://es.example:9200'];
const apiKey = { env: 'ES_API_KEY' };
const cloudId = `audit:${Buffer.from('europe.example:9243$abc123$kibana').toString('base64')}`;

it('has defaults that verify certificates, compress, and require the template', () => {
  expect(elasticsearchConfig.parse({ nodes, apiKey })).toEqual({
    nodes,
    apiKey: { env: 'ES_API_KEY', optional: false },
    verifyTls: true,
    gzip: true,
    requireTemplate: true,
    retentionDays: 365,
    ingestPipeline: false,
  });
});

it.each([
  [{}, 'nodes'],
  [{ nodes: [] }, 'nodes'],
  [{ nodes: ['es.example:9200'] }, 'nodes.0'],
  [{ nodes: ['https://user:word@es.example'] }, 'nodes.0'],
  [{ nodes, cloudId }, 'nodes'],
  [{ cloudId: 'no cloud id' }, 'cloudId'],
  [{ cloudId: `x:${Buffer.from('host/path$es$').toString('base64')}` }, 'cloudId'],
  [{ nodes, apiKey: 'the-key-itself' }, 'apiKey'],
  [{ nodes, apiKey, basic: { username: 'u', password: apiKey } }, 'basic'],
  [{ nodes, basic: { username: 'a:b', password: apiKey } }, 'basic.username'],
  [{ nodes, clientCertificate: { certFile: 'c.pem' } }, 'clientCertificate.keyFile'],
  [{ nodes, retentionDays: 0 }, 'retentionDays'],
  [{ nodes, indexMode: 'time_series' }, 'indexMode'],
])('rejects %j and names the field', (config, field) => {
  expect(elasticsearchConfig.safeParse(config).error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
});

it('rejects an unknown key', () => {
  expect(elasticsearchConfig.safeParse({ nodes, caFiles: 'x' }).error?.issues[0]?.code).toBe('unrecognized_keys');
});

it('decodes the node of a cloud id', () => {
  expect(nodesOf(elasticsearchConfig.parse({ cloudId })).map(({ href }) => href)).toEqual([
    'https://abc123.europe.example:9243/',
  ]);
});

it('describes every field', () => {
  for (const field of Object.values(elasticsearchConfig.shape)) expect(field.description).toMatch(/\.$/);
});
