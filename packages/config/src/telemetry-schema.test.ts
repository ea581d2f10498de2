import { expect, it } from 'vitest';
import { frameSchema } from './schema.ts';

const url = 'http://127.0.0.1:4318/v1/metrics';

it('nothing is sent unless it is configured; with a URL the rest has its defaults', () => {
  expect(frameSchema.parse({}).telemetry).toEqual({});
  expect(frameSchema.parse({ telemetry: { otlp: { url } } }).telemetry).toEqual({
    otlp: { url, headers: {}, intervalSeconds: 60 },
  });
});

it.each([
  ['a secret in the file', { url, headers: { Authorization: 'Bearer x' } }],
  ['a secret in the URL', { url: 'http://user:secret@127.0.0.1:4318/v1/metrics' }],
  ['a header that is ours', { url, headers: { 'Content-Length': { env: 'X' } } }],
  ['another protocol', { url: 'grpc://127.0.0.1:4317' }],
  ['an unknown key', { url, interval: 5 }],
  ['too often', { url, intervalSeconds: 1 }],
])('refused: %s', (_, otlp) => {
  expect(frameSchema.safeParse({ telemetry: { otlp } }).success).toBe(false);
});
