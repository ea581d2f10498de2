// The configuration of our own telemetry; the descriptions become the reference.
import { secretReference } from '@xiq-siem/core';
import { z } from 'zod';

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

export const telemetrySchema = z.strictObject({
  otlp: otlp.optional().describe('Send the metrics that /metrics shows by OTLP too. Default: they are not sent.'),
});

export type TelemetryConfig = z.output<typeof telemetrySchema>;
