// The configuration of the Elasticsearch destination. The reference is generated from the descriptions.
import { secretReference } from '@xiq-siem/core';
import { z } from 'zod';

const path = z.string().min(1);

const nodeUrl = z
  .url({ protocol: /^https?$/, error: 'expected a URL such as https://es.example:9200' })
  .refine((text) => {
    const { username, password, search, hash } = new URL(text);
    return username + password + search + hash === '';
  }, 'expected a URL without user, password, query and fragment: put credentials in `apiKey` or `basic`');

const shape = z.strictObject({
  nodes: z
    .array(nodeUrl)
    .min(1)
    .max(64)
    .optional()
    .describe('Nodes that receive requests in turn, such as [ https://es.example:9200 ]. Set this or `cloudId`.'),
  cloudId: z
    .string()
    .refine((id) => nodeOfCloudId(id) !== undefined, 'expected a cloud id as Elastic Cloud shows it: name:base64')
    .optional()
    .describe('Deployment in Elastic Cloud, instead of `nodes`.'),
  apiKey: secretReference.optional().describe('API key, as `encoded` or as `id:api_key`. Set this or `basic`.'),
  basic: z
    .strictObject({
      username: z
        .string()
        .regex(/^[^:\p{Cc}]{1,507}$/u, 'expected a user name without colon')
        .describe('User name.'),
      password: secretReference.describe('Password of the user.'),
    })
    .optional()
    .describe('User name and password, instead of `apiKey`.'),
  clientCertificate: z
    .strictObject({
      certFile: path.describe('Client certificate (PEM).'),
      keyFile: path.describe('Key of the client certificate (PEM).'),
    })
    .optional()
    .describe('Client certificate, if the servers require one.'),
  verifyTls: z
    .boolean()
    .default(true)
    .describe('False accepts any certificate: anyone on the network path can read the data. Prefer `caFile`.'),
  gzip: z.boolean().default(true).describe('Compress requests.'),
  requireTemplate: z
    .boolean()
    .default(true)
    .describe(
      'Block events until the template that `xiq-siem setup` writes is active, so that Elasticsearch does not guess field types. Requires the cluster privilege `monitor`, and `view_index_metadata` on the data streams.',
    ),
  retentionDays: z
    .int()
    .min(1)
    .max(36_500)
    .default(365)
    .describe(
      'For `xiq-siem setup`: Elasticsearch deletes events after this number of days, in data streams created after `setup`.',
    ),
  indexMode: z
    .enum(['standard', 'logsdb'])
    .optional()
    .describe('For `xiq-siem setup`: index mode of the data streams. Default: the default of the server.'),
  ingestPipeline: z
    .boolean()
    .default(false)
    .describe(
      'For `xiq-siem setup`: a pipeline that sets `event.ingested` to the time when Elasticsearch received the event.',
    ),
});

export const elasticsearchConfig = shape
  .refine(({ nodes, cloudId }) => (nodes === undefined) !== (cloudId === undefined), {
    path: ['nodes'],
    error: 'expected `nodes` or `cloudId`, not both',
  })
  .refine(({ apiKey, basic }) => apiKey === undefined || basic === undefined, {
    path: ['basic'],
    error: 'expected `apiKey` or `basic`, not both',
  });

export type ElasticsearchConfig = z.output<typeof elasticsearchConfig>;

/** The servers to send to. */
export function nodesOf({ nodes, cloudId }: ElasticsearchConfig): readonly URL[] {
  if (nodes !== undefined) return nodes.map((node) => new URL(node));
  const node = nodeOfCloudId(cloudId ?? '');
  return node === undefined ? [] : [node];
}

/** The configuration for each node alone. */
export function perNode(config: ElasticsearchConfig): readonly ElasticsearchConfig[] {
  return nodesOf(config).map(({ href }) => ({ ...config, cloudId: undefined, nodes: [href] }));
}

/** A cloud id is `name:base64("host[:port]$elasticsearch$kibana")`. */
function nodeOfCloudId(id: string): URL | undefined {
  const encoded = id.split(':')[1] ?? '';
  const [host, elasticsearch] = Buffer.from(encoded, 'base64').toString('latin1').split('$');
  if (!host || !elasticsearch || !/^[\w.:-]+$/.test(host) || !/^[\w-]+$/.test(elasticsearch)) return undefined;
  return URL.parse(`https://${elasticsearch}.${host}`) ?? undefined;
}
