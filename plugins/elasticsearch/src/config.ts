// The Elasticsearch destination's configuration; the descriptions become the reference.
import { secretReference } from '@xiq-siem/core';
import { z } from 'zod';

const path = z.string().min(1);

const nodeUrl = z
  .url({ protocol: /^https?$/, error: 'expected a URL such as https://es.example:9200' })
  .refine((text) => {
    const { username, password, search, hash } = new URL(text);
    return username + password + search + hash === '';
  }, 'a URL without user, password, query or fragment: credentials stand in `apiKey` or `basic`');

const shape = z.strictObject({
  nodes: z
    .array(nodeUrl)
    .min(1)
    .max(64)
    .optional()
    .describe('The nodes that take requests, in turn, such as [ https://es.example:9200 ]. Or `cloudId`.'),
  cloudId: z
    .string()
    .refine((id) => nodeOfCloudId(id) !== undefined, 'a cloud id as Elastic Cloud shows it: name:base64')
    .optional()
    .describe('The deployment in Elastic Cloud, instead of `nodes`.'),
  apiKey: secretReference
    .optional()
    .describe('An API key, as Elasticsearch gives it out (`encoded`) or as `id:api_key`. Or `basic`.'),
  basic: z
    .strictObject({
      username: z
        .string()
        .regex(/^[^:\p{Cc}]{1,507}$/u, 'a user name without colon')
        .describe('Name of the user.'),
      password: secretReference.describe("The user's password."),
    })
    .optional()
    .describe('A user and its password, instead of `apiKey`.'),
  clientCertificate: z
    .strictObject({
      certFile: path.describe('Our certificate, PEM.'),
      keyFile: path.describe('Its key, PEM, readable by us alone.'),
    })
    .optional()
    .describe('What we show of ourselves where the servers ask for a certificate.'),
  verifyTls: z
    .boolean()
    .default(true)
    .describe('False accepts any certificate, and with it anybody between us and Elasticsearch. Prefer `caFile`.'),
  gzip: z.boolean().default(true).describe('Compress what is sent.'),
  requireTemplate: z
    .boolean()
    .default(true)
    .describe(
      'Hold events back until the template that `xiq-siem setup` writes is in force, so that no field is mapped by guess. Needs the cluster privilege `monitor`, and `view_index_metadata` on the data streams.',
    ),
  retentionDays: z
    .int()
    .min(1)
    .max(36_500)
    .default(365)
    .describe(
      'For `xiq-siem setup`: Elasticsearch deletes events after this many days, in data streams made after it.',
    ),
  indexMode: z
    .enum(['standard', 'logsdb'])
    .optional()
    .describe("For `xiq-siem setup`: the index mode of the data streams. Default: the server's choice."),
  ingestPipeline: z
    .boolean()
    .default(false)
    .describe(
      'For `xiq-siem setup`: a pipeline that sets `event.ingested` to the time at which Elasticsearch took it.',
    ),
});

export const elasticsearchConfig = shape
  .refine(({ nodes, cloudId }) => (nodes === undefined) !== (cloudId === undefined), {
    path: ['nodes'],
    error: 'expected `nodes` or `cloudId`, and not both',
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

/** A cloud id is `name:base64("host[:port]$elasticsearch$kibana")`. */
function nodeOfCloudId(id: string): URL | undefined {
  const encoded = id.split(':')[1] ?? '';
  const [host, elasticsearch] = Buffer.from(encoded, 'base64').toString('latin1').split('$');
  if (!host || !elasticsearch || !/^[\w.:-]+$/.test(host) || !/^[\w-]+$/.test(elasticsearch)) return undefined;
  return URL.parse(`https://${elasticsearch}.${host}`) ?? undefined;
}
