// The OpenTelemetry destination's configuration; the descriptions become the reference.
import { secretReference } from '@xiq-siem/core';
import { z } from 'zod';
import { knownActions } from './event-name.ts';

const path = z.string().min(1);
const ours =
  /^(?:accept-encoding|connection|content-encoding|content-length|content-type|expect|host|te|trailer|transfer-encoding|upgrade)$/i;
const secretName = /auth|cookie|credential|key|passw|secret|token/i;

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'the name of an HTTP header')
  .refine((name) => !ours.test(name), 'this header is ours to set');

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
  }, 'a URL without user, password or fragment: credentials stand in `headers`');

export const otelLogsConfig = z
  .strictObject({
    url: url.describe('Where logs are taken, used as it is: mostly it ends in /v1/logs.'),
    protocol: z
      .enum(['http/protobuf', 'http/json'])
      .default('http/protobuf')
      .describe('Encoding of what is sent. Protobuf is smaller, and faster to make.'),
    headers: headers
      .default({})
      .describe('Headers of each request: text, or { env: NAME } or { file: path } where the value is a secret.'),
    gzip: z.boolean().default(true).describe('Compress what is sent.'),
    certFile: path.optional().describe('PEM of our own certificate, where the server asks for one. With keyFile.'),
    keyFile: path.optional().describe("PEM of our certificate's key. With certFile."),
    verifyTls: z
      .boolean()
      .default(true)
      .describe('False accepts any certificate, and with it anybody between us and the server. Prefer `caFile`.'),
    maxRequestBytes: z
      .int()
      .min(1024)
      .max(67_108_864)
      .default(16_777_216)
      .describe('Size of one request before compression. The OpenTelemetry Collector refuses more than 20 MiB.'),
    retryOn500: z
      .boolean()
      .default(false)
      .describe('Send again after a 500. OTLP forbids it: 500 means that the events were refused for good.'),
    body: z
      .enum(['message', 'json'])
      .default('message')
      .describe('Body of a log record: the message for people, or the whole document as JSON text.'),
    includeOriginal: z.boolean().default(false).describe("Send the sender's own text too, as `log.record.original`."),
    serviceName: z
      .string()
      .min(1)
      .max(255)
      .default('extremecloud-iq')
      .describe('`service.name`: what the events come from.'),
    resourceAttributes: z
      .record(z.string().min(1).max(255), z.string().max(4096))
      .default({})
      .describe('More attributes of the resource, such as `deployment.environment.name`.'),
    eventActions: z
      .array(
        z
          .string()
          .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'a-z, 0-9 and inner hyphens')
          .max(64),
      )
      .max(256)
      .default([...knownActions])
      .describe('Values of `event.action` that become part of the event name; others leave it at the data set.'),
  })
  .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
    path: ['certFile'],
    error: 'certFile and keyFile go together: one of them is missing',
  })
  .refine(({ certFile, url }) => certFile === undefined || url.startsWith('https:'), {
    path: ['certFile'],
    error: 'a certificate needs an https URL',
  });

export type OtelLogsConfig = z.output<typeof otelLogsConfig>;
