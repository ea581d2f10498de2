// The configuration of the Splunk destination. The reference is generated from the descriptions.
import { secretReference } from '@xiq-siem/core';
import { z } from 'zod';
import { omittedByDefault } from './event-json.ts';

const name = z.string().min(1).max(256);
const index = z.string().regex(/^[a-z0-9_][a-z0-9_-]{0,79}$/, 'expected an index name: a-z, 0-9, _ and inner -');

const url = z
  .url({ protocol: /^https?$/, error: 'expected a URL such as https://splunk.example:8088' })
  .refine((text) => {
    const url = URL.parse(text);
    return url === null || url.username + url.password + url.search + url.hash === '';
  }, 'expected a URL without user, password, query and fragment: put the token in `token`')
  .describe('URL of the HTTP Event Collector, such as https://splunk.example:8088.');

const route = {
  index: index.optional().describe('Index of the events. Default: the default index of the token.'),
  sourcetype: name.optional().describe('Default: extreme:xiq:<last part of the data set>, such as extreme:xiq:audit.'),
  source: name
    .optional()
    .describe('Default: xiq:<name of the source>, such as xiq:tenant-a; xiq:self for health events.'),
};

export const splunkHecConfig = z.strictObject({
  url,
  token: secretReference.describe('The HEC token.'),
  ...route,
  datasets: z
    .record(
      z.string().min(1),
      z.strictObject({ ...route, token: secretReference.optional().describe('Default: that of the destination.') }),
    )
    .default({})
    .describe('Other values for the events of one data set, by its name (`event.dataset`).'),
  include: z
    .array(z.enum(omittedByDefault))
    .default([])
    .describe('Parts of the document that are not sent by default.'),
  gzip: z.boolean().default(true).describe('Compress requests.'),
  maxBodyBytes: z
    .int()
    .min(1024)
    .max(5_242_880)
    .default(1_000_000)
    .describe('Largest size of one request before compression. A larger event is sent alone. Splunk Cloud: 5 MiB.'),
  requestTimeoutMs: z.int().min(100).max(600_000).default(30_000).describe('Time limit of one request.'),
  ack: z
    .boolean()
    .default(false)
    .describe(
      'An event counts as delivered only after indexer acknowledgement, which the token must have on. At most 16,384 events (32 MiB of JSON) wait for it. If the server does not acknowledge, events count as degraded, and the assurance is `accepted`.',
    ),
  ackPollMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(5_000)
    .describe(
      'Longest time between two requests for an acknowledgement. The first is sent after 100 ms, or when acknowledgements usually arrive.',
    ),
  ackTimeoutMs: z
    .int()
    .min(1_000)
    .max(3_000_000)
    .default(50_000)
    .describe('Time after which unacknowledged events are sent again. Keep it below `timeoutMs`.'),
  verifyTls: z
    .boolean()
    .default(true)
    .describe('False accepts any certificate: anyone on the network path can read the data. Prefer `caFile`.'),
});

export type SplunkHecConfig = z.output<typeof splunkHecConfig>;
