// The schema of the configuration without the keys of plugins.
import { secretReference, sourceSecretReference } from '@xiq-siem/core';
import { deliveryOptionsShape } from '@xiq-siem/delivery';
import { z } from 'zod';
import { noProxyFault } from './no-proxy.ts';
import { readProxyUrl } from './proxy-url.ts';

const bytes = z.int().min(1);
const port = z.int().min(0).max(65_535);
const milliseconds = z.int().min(1).max(86_400_000);

/** Names of sources and destinations. URLs, file names and metrics contain them. */
export const entryName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'a name of a-z, 0-9 and inner hyphens');

/** The source of health events. No configured source may have this name. */
export const selfSourceName = 'self';

const sourceName = entryName.refine(
  (name) => name !== selfSourceName,
  'another name: self is the source of health events',
);

const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

const server = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address of the webhook listener.'),
  port: port.default(8080).describe('Port of the webhook listener; 0 selects a free port.'),
  maxBodyBytes: bytes
    .max(15 * 1024 * 1024)
    .default(8_388_608)
    .describe('Largest request body, compressed or not. A larger one gets 413.'),
  maxInFlightBytes: bytes
    .default(134_217_728)
    .describe('Bytes of request bodies in memory at once. Beyond it requests get 503 with Retry-After.'),
  maxConnections: z
    .int()
    .min(1)
    .max(65_535)
    .default(1024)
    .describe('Open connections at once; further ones are closed.'),
  headersTimeoutMs: milliseconds.default(10_000).describe('Time limit for the headers of a request.'),
  requestTimeoutMs: milliseconds
    .default(30_000)
    .describe('Time limit for a complete request; after it the sender gets 408.'),
});

const admin = z.strictObject({
  host: z
    .string()
    .regex(loopback, 'a loopback address: the admin listener must not be reachable from other machines')
    .default('127.0.0.1')
    .describe('Loopback address of the admin listener.'),
  port: port
    .default(8081)
    .describe('Port of the admin listener (/healthz, /readyz, /metrics, admin API); 0 selects a free port.'),
});

const journal = z.strictObject({
  maxBytes: bytes
    .min(1_048_576)
    .optional()
    .describe(
      'Largest size of the journal in bytes. Default: 10 GiB or half of the disk that is free without the journal, whichever is less, but not less than the journal has at the start.',
    ),
  minFreeBytes: z
    .int()
    .min(0)
    .default(1_073_741_824)
    .describe('Bytes of the disk that stay free. Below it requests get 503.'),
  retainForHours: z
    .number()
    .min(0)
    .max(24 * 366)
    .default(72)
    .describe('Hours that request bodies stay in the journal after every destination has settled them.'),
  segmentBytes: bytes
    .min(4_096)
    .max(1_073_741_824)
    .default(67_108_864)
    .describe('Size at which a new segment file is started.'),
});

const deadLetters = z.strictObject({
  maxBytes: bytes
    .min(1_048_576)
    .default(1_073_741_824)
    .describe(
      'Largest size of the dead letters of all destinations in bytes. At this size a destination with another dead letter pauses.',
    ),
});

const reservedHeaders =
  /^(?:connection|content-encoding|content-length|content-type|expect|host|te|trailer|transfer-encoding|upgrade)$/i;

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'the name of an HTTP header')
  .refine((name) => !reservedHeaders.test(name), 'this header is set by the connector');

const url = z
  .url({ protocol: /^https?$/, error: 'expected a URL such as http://127.0.0.1:4318/v1/metrics' })
  .refine((text) => {
    const { username, password, hash } = new URL(text);
    return username + password + hash === '';
  }, 'a URL without user, password or fragment: use `headers` for credentials');

const otlp = z.strictObject({
  url: url.describe('URL of the OTLP/HTTP endpoint for metrics, used unchanged. It usually ends in /v1/metrics.'),
  headers: z
    .record(headerName, secretReference)
    .default({})
    .describe('Headers of each request, by name: { env: NAME } or { file: path }.'),
  intervalSeconds: z.int().min(5).max(3_600).default(60).describe('Seconds between two exports.'),
});

const telemetry = z.strictObject({
  otlp: otlp.optional().describe('Export the metrics of /metrics by OTLP too. Default: no export.'),
});

const healthEvents = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether health events are created and delivered.'),
  heartbeatMinutes: z
    .number()
    .min(0.1)
    .max(1440)
    .default(5)
    .describe('Minutes between two heartbeats of each destination.'),
  silentMinutes: z
    .number()
    .min(0)
    .max(525_600)
    .default(1440)
    .describe('Minutes without a request after which a source is reported as silent; 0: never.'),
});

const noProxyEntry = z.string().superRefine((entry, context) => {
  const fault = noProxyFault(entry);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
});

const egressShape = {
  proxy: z
    .string()
    .optional()
    .superRefine((text, context) => {
      const read = text === undefined ? undefined : readProxyUrl(text);
      if (read !== undefined && 'fault' in read) context.addIssue({ code: 'custom', message: read.fault });
    })
    .describe(
      'HTTP or HTTPS proxy for outgoing requests, as http://host:port. Default: HTTPS_PROXY and HTTP_PROXY of the environment, except for localhost and loopback addresses.',
    ),
  noProxy: z
    .array(noProxyEntry)
    .optional()
    .describe(
      'Hosts without proxy: names (with their subdomains), IP addresses, CIDR blocks, each also with :port; * for all. Default: with `proxy`, localhost, 127.0.0.0/8 and ::1; else NO_PROXY of the environment.',
    ),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe('File of PEM certificates that are trusted in addition to those of the system.'),
};

/** The keys of each source's entry beside those of its plugin. */
export const commonSourceSchema = z.strictObject({
  type: z.string().describe('Type of sender: one of the types below.'),
  secrets: z
    .array(sourceSecretReference)
    .min(1)
    .max(16)
    .default([{ managed: true }])
    .describe(
      'Each of these secrets is accepted. Default: one secret that is created at the first start and stored in data/secrets/.',
    ),
});

const fieldNames = z.array(z.string().min(1)).min(1).optional();

const redact = z
  .strictObject({
    drop: fieldNames.describe('Fields that are removed.'),
    mask: fieldNames.describe('Fields whose values become `***`.'),
    hash: fieldNames.describe(
      'Fields whose values become a pseudonym: HMAC-SHA-256 with `key`. The same value has the same pseudonym; of an IP address, it is an IPv6 address.',
    ),
    key: secretReference.optional().describe('Key of `hash`, at least 16 characters.'),
  })
  .refine(({ hash, key }) => hash === undefined || key !== undefined, {
    path: ['key'],
    message: 'hash needs a key: expected { env: NAME } or { file: path }',
  })
  .optional()
  .describe(
    'What the destination does not get: the values of these fields, in every field that has them. It does not get `event.original` either.',
  );

/** The keys of each destination's entry beside those of its plugin. */
export const commonDestinationSchema = z.strictObject({
  type: z.string().describe('Type of destination: one of the types below.'),
  ...egressShape,
  redact,
  ...deliveryOptionsShape,
});

/** Sources or destinations by name. */
const entries = (name: z.ZodType<string, string>) =>
  z
    .record(name, z.record(z.string(), z.unknown()))
    .refine((all) => Object.keys(all).length > 0, 'expected at least one');

/** The configuration without the keys of plugins. */
export const configurationSchema = z.strictObject({
  dataDirectory: z
    .string()
    .min(1)
    .default('./data')
    .describe('Directory of journal, positions, state file and managed secrets.'),
  shutdownGraceMs: milliseconds.default(10_000).describe('Time for destinations to finish after SIGTERM.'),
  server: server.prefault({}),
  admin: admin.prefault({}),
  journal: journal.prefault({}),
  deadLetters: deadLetters.prefault({}),
  telemetry: telemetry
    .prefault({})
    .describe('Export of the metrics of the connector. /metrics shows them in any case.'),
  healthEvents: healthEvents
    .prefault({})
    .describe('Health events: events about the connector itself, dataset `extreme_xiq.connector`.'),
  mapping: z
    .string()
    .min(1)
    .optional()
    .describe('YAML file with additions to the mapping: field names, audit codes, status words.'),
  egress: z
    .strictObject(egressShape)
    .prefault({})
    .describe('Proxy and trusted certificates for all outgoing requests.'),
  sources: entries(sourceName).prefault({ xiq: { type: 'xiq' } }),
  destinations: entries(entryName).prefault({ archive: { type: 'file', directory: './data/out' } }),
});

export type CheckedFile = z.output<typeof configurationSchema>;
