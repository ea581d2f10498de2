// The configuration of the OpenTelemetry destination. The reference is generated from the descriptions.
import { secretReference } from '@xiq-siem/core';
import { z } from 'zod';
import { knownActions } from './event-name.ts';

const path = z.string().min(1);
const reserved =
  /^(?:accept-encoding|connection|content-encoding|content-length|content-type|expect|host|te|trailer|transfer-encoding|upgrade)$/i;
const secretName = /auth|cookie|credential|key|passw|secret|token/i;

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'expected the name of an HTTP header')
  .refine((name) => !reserved.test(name), 'the connector sets this header itself');

const headers = z
  .record(headerName, z.union([z.string().max(4096), secretReference]))
  .superRefine((values, { addIssue }) => {
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== 'string' || !secretName.test(name)) continue;
      const message = 'the configuration must not contain a secret: expected { env: NAME } or { file: path }';
      addIssue({ code: 'custom', path: [name], message });
    }
  });

const url = z
  .url({ protocol: /^https?$/, error: 'expected a URL such as http://127.0.0.1:4318/v1/logs' })
  .refine((text) => {
    const { username, password, hash } = new URL(text);
    return username + password + hash === '';
  }, 'expected a URL without user, password and fragment: put credentials in `headers`');

export const otelLogsConfig = z
  .strictObject({
    url: url.describe('URL of the OTLP logs endpoint, used unchanged. It mostly ends in /v1/logs.'),
    protocol: z
      .enum(['http/protobuf', 'http/json'])
      .default('http/protobuf')
      .describe('Encoding of requests. Protobuf is smaller and faster.'),
    headers: headers
      .default({})
      .describe('Headers of each request. A value is text, or for a secret { env: NAME } or { file: path }.'),
    gzip: z.boolean().default(true).describe('Compress requests.'),
    certFile: path.optional().describe('Client certificate (PEM), if the server requires one. Requires keyFile.'),
    keyFile: path.optional().describe('Key of the client certificate (PEM). Requires certFile.'),
    verifyTls: z
      .boolean()
      .default(true)
      .describe('False accepts any certificate: anyone on the network path can read the data. Prefer `caFile`.'),
    maxRequestBytes: z
      .int()
      .min(1024)
      .max(67_108_864)
      .default(16_777_216)
      .describe('Largest size of one request before compression. The OpenTelemetry Collector limit is 20 MiB.'),
    retryOn500: z
      .boolean()
      .default(false)
      .describe('Retry after a 500. OTLP forbids it: a 500 means that the events are rejected permanently.'),
    body: z
      .enum(['message', 'json'])
      .default('message')
      .describe('Body of a log record: the message text, or the whole document as JSON.'),
    includeOriginal: z
      .boolean()
      .default(false)
      .describe('Also send the original text, as `log.record.original`. Events that could not be read always have it.'),
    serviceName: z
      .string()
      .min(1)
      .max(255)
      .default('extremecloud-iq')
      .describe('`service.name`: the origin of the events. That of health events is `xiq-siem-connector`.'),
    resourceAttributes: z
      .record(z.string().min(1).max(255), z.string().max(4096))
      .default({})
      .describe('Additional resource attributes, such as `deployment.environment.name`.'),
    eventActions: z
      .array(
        z
          .string()
          .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'a-z, 0-9 and inner hyphens')
          .max(64),
      )
      .max(256)
      .default([...knownActions])
      .describe('Values of `event.action` that become part of the event name. All others are left out of it.'),
  })
  .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
    path: ['certFile'],
    error: 'certFile and keyFile are required together: one of them is missing',
  })
  .refine(({ certFile, url }) => certFile === undefined || url.startsWith('https:'), {
    path: ['certFile'],
    error: 'a client certificate requires an https URL',
  });

export type OtelLogsConfig = z.output<typeof otelLogsConfig>;
