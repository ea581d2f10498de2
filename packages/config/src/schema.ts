// The frame of the configuration: what is ours to read; each plugin reads the rest of its own entry.
import { secretReference, sourceSecretReference } from '@xiq-siem/core';
import { deliveryOptionsShape } from '@xiq-siem/delivery';
import { z } from 'zod';

const bytes = z.int().min(1);
const port = z.int().min(0).max(65_535);
const milliseconds = z.int().min(1).max(86_400_000);

/** Names of sources and destinations: they stand in URLs, file names and metrics. */
export const entryName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'a name of a-z, 0-9 and inner hyphens');

/** The source of the events that we make about ourselves; none in a configuration may have this name. */
export const selfSourceName = 'self';

const sourceName = entryName.refine((name) => name !== selfSourceName, 'another name: self is our own');

const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

const server = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address that webhooks are taken at.'),
  port: port.default(8080).describe('Port that webhooks are taken at; 0 takes a free one.'),
  maxBodyBytes: bytes
    .max(15 * 1024 * 1024)
    .default(8_388_608)
    .describe('Largest body, as sent and as unpacked; a larger one is answered 413.'),
  maxInFlightBytes: bytes
    .default(134_217_728)
    .describe('Bytes of bodies held at once by all connections; beyond it the answer is 503 with Retry-After.'),
  maxConnections: z.int().min(1).max(65_535).default(1024).describe('Connections held at once; more are closed.'),
  headersTimeoutMs: milliseconds.default(10_000).describe('Time in which the headers of a request must be there.'),
  requestTimeoutMs: milliseconds.default(30_000).describe('Time in which a whole request must be there, else 408.'),
});

const admin = z.strictObject({
  host: z
    .string()
    .regex(loopback, 'a loopback address: the admin listener never leaves the machine')
    .default('127.0.0.1')
    .describe('Loopback address of the admin listener.'),
  port: port.default(8081).describe('Port of /healthz and /readyz; 0 takes a free one.'),
});

const journal = z.strictObject({
  maxBytes: bytes
    .min(1_048_576)
    .optional()
    .describe('Largest size of the journal in bytes. Default: 10 GiB or half of the free disk, whichever is less.'),
  minFreeBytes: z
    .int()
    .min(0)
    .default(1_073_741_824)
    .describe('Bytes that stay free on the disk; below, the answer is 503.'),
  retainForHours: z
    .number()
    .min(0)
    .max(24 * 366)
    .default(72)
    .describe('Hours for which bodies are kept after every destination has settled them.'),
  segmentBytes: bytes
    .min(4_096)
    .max(1_073_741_824)
    .default(67_108_864)
    .describe('Size at which a new segment file is begun.'),
});

const deadLetters = z.strictObject({
  maxBytes: bytes
    .min(1_048_576)
    .default(1_073_741_824)
    .describe(
      'Largest size of the dead letters of all destinations in bytes; at it, a destination that has one waits.',
    ),
});

const ours =
  /^(?:connection|content-encoding|content-length|content-type|expect|host|te|trailer|transfer-encoding|upgrade)$/i;

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'the name of an HTTP header')
  .refine((name) => !ours.test(name), 'this header is ours to set');

const url = z
  .url({ protocol: /^https?$/, error: 'expected a URL such as http://127.0.0.1:4318/v1/metrics' })
  .refine((text) => {
    const { username, password, hash } = new URL(text);
    return username + password + hash === '';
  }, 'a URL without user, password or fragment: credentials stand in `headers`');

const otlp = z.strictObject({
  url: url.describe('Where metrics are taken by OTLP over HTTP, used as it is: mostly it ends in /v1/metrics.'),
  headers: z
    .record(headerName, secretReference)
    .default({})
    .describe('Headers of each request, by name: { env: NAME } or { file: path }.'),
  intervalSeconds: z.int().min(5).max(3_600).default(60).describe('Seconds from one sending to the next.'),
});

const telemetry = z.strictObject({
  otlp: otlp.optional().describe('Send the metrics that /metrics shows by OTLP too. Default: they are not sent.'),
});

const healthEvents = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether events about the connector itself are made and delivered.'),
  heartbeatMinutes: z
    .number()
    .min(0.1)
    .max(1440)
    .default(5)
    .describe('How often each destination is sent a heartbeat, in minutes.'),
  silentMinutes: z
    .number()
    .min(0)
    .max(525_600)
    .default(1440)
    .describe('A source that has sent nothing for so many minutes is reported as silent; 0: never.'),
});

const egressShape = {
  proxy: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('HTTP proxy for what we send. Default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment.'),
  caFile: z.string().min(1).optional().describe("PEM certificates that are trusted beside the system's."),
};

/** What every source's entry may hold beside its plugin's own keys. */
export const sourceFrame = z.strictObject({
  type: z.string().describe('What kind of sender it is: one of the types below.'),
  secrets: z
    .array(sourceSecretReference)
    .min(1)
    .max(16)
    .default([{ managed: true }])
    .describe('Any one of these is accepted. Default: one that is made at the first start and kept in data/secrets/.'),
});

/** What every destination's entry may hold beside its plugin's own keys. */
export const destinationFrame = z.strictObject({
  type: z.string().describe('What kind of system it is: one of the types below.'),
  ...egressShape,
  ...deliveryOptionsShape,
});

/** Of sources or destinations, by name. */
const entries = (name: z.ZodType<string, string>) =>
  z
    .record(name, z.record(z.string(), z.unknown()))
    .refine((all) => Object.keys(all).length > 0, 'expected at least one');

/** The parts of the configuration that no plugin has a say in. */
export const frameSchema = z.strictObject({
  dataDirectory: z.string().min(1).default('./data').describe('Where journal, positions and managed secrets are kept.'),
  shutdownGraceMs: milliseconds.default(10_000).describe('Time that destinations have to finish after SIGTERM.'),
  server: server.prefault({}),
  admin: admin.prefault({}),
  journal: journal.prefault({}),
  deadLetters: deadLetters.prefault({}),
  telemetry: telemetry.prefault({}).describe('Our own metrics; at /metrics they are in any case.'),
  healthEvents: healthEvents
    .prefault({})
    .describe('Events about the connector itself, dataset `extreme_xiq.connector`.'),
  mapping: z
    .string()
    .min(1)
    .optional()
    .describe('A YAML file with your own additions to the mapping: names of fields, audit codes, status words.'),
  egress: z.strictObject(egressShape).prefault({}).describe('How all destinations are reached.'),
  sources: entries(sourceName).prefault({ xiq: { type: 'xiq' } }),
  destinations: entries(entryName).prefault({ archive: { type: 'file', directory: './data/out' } }),
});

export type Frame = z.output<typeof frameSchema>;
