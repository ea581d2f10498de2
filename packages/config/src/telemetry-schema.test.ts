import { expect, it } from 'vitest';
import { configurationSchema } from './schema.ts';

const url = 'http://127.0.0.1:4318/v1/metrics';

it('without configuration there is no export; with a URL the other keys have defaults', () => {
  expect(configurationSchema.parse({}).telemetry).toEqual({});
  expect(configurationSchema.parse({ telemetry: { otlp: { url } } }).telemetry).toEqual({
    otlp: { url, headers: {}, intervalSeconds: 60 },
  });
});

it.each([
  ['a secret in the file', { url, headers: { Authorization: 'Bearer x' } }],
  ['a secret in the URL', { url: 'http://user:secret@127.0.0.1:4318/v1/metrics' }],
  ['a reserved header', { url, headers: { 'Content-Length': { env: 'X' } } }],
  ['another protocol', { url: 'grpc://127.0.0.1:4317' }],
  ['an unknown key', { url, interval: 5 }],
  ['a short interval', { url, intervalSeconds: 1 }],
])('refused: %s', (_, otlp) => {
  expect(configurationSchema.safeParse({ telemetry: { otlp } }).success).toBe(false);
});
