// The Splunk destination's configuration; the descriptions become the reference.
import { secretReference } from '@xiq-siem/core';
import { z } from 'zod';
import { omittedByDefault } from './event-json.ts';

const name = z.string().min(1).max(256);
const index = z.string().regex(/^[a-z0-9_][a-z0-9_-]{0,79}$/, 'the name of a Splunk index: a-z, 0-9, _ and inner -');

const url = z
  .url({ protocol: /^https?$/, error: 'expected a URL such as https://splunk.example:8088' })
  .refine((text) => {
    const url = URL.parse(text);
    return url === null || url.username + url.password + url.search + url.hash === '';
  }, 'a URL without user, password, query or fragment: the token stands in `token`')
  .describe('Where the event collector listens, such as https://splunk.example:8088.');

const route = {
  index: index.optional().describe("Index that events are written to. Default: the token's own."),
  sourcetype: name.optional().describe('Default: extreme:xiq:<last part of the data set>, such as extreme:xiq:audit.'),
  source: name.optional().describe('Default: xiq:webhook:<name of this destination>.'),
};

export const splunkHecConfig = z.strictObject({
  url,
  token: secretReference.describe('The HEC token.'),
  ...route,
  datasets: z
    .record(
      z.string().min(1),
      z.strictObject({ ...route, token: secretReference.optional().describe('Default: the token above.') }),
    )
    .default({})
    .describe('What differs for the events of a data set, by its name (`event.dataset`).'),
  include: z
    .array(z.enum(omittedByDefault))
    .default([])
    .describe('Parts of the document that are sent only where they are named here.'),
  gzip: z.boolean().default(true).describe('Compress what is sent.'),
  maxBodyBytes: z
    .int()
    .min(1024)
    .max(5_242_880)
    .default(1_000_000)
    .describe('Size of one request before compression; one event larger than that is sent alone. Splunk Cloud: 5 MiB.'),
  requestTimeoutMs: z.int().min(100).max(600_000).default(30_000).describe('Time that one request may take.'),
  ack: z
    .boolean()
    .default(false)
    .describe('Whether events count as delivered only when an indexer has acknowledged them. The token must allow it.'),
  ackPollMs: z.int().min(100).max(60_000).default(5_000).describe('Time between two questions for acknowledgements.'),
  ackTimeoutMs: z
    .int()
    .min(1_000)
    .max(3_000_000)
    .default(50_000)
    .describe('Time after which events that nobody acknowledged are sent again. Keep it below `timeoutMs`.'),
  verifyTls: z
    .boolean()
    .default(true)
    .describe('False accepts any certificate, and with it anybody between us and Splunk. Prefer `caFile`.'),
});

export type SplunkHecConfig = z.output<typeof splunkHecConfig>;
