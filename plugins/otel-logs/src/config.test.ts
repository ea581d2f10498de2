import { expect, it } from 'vitest';
import { otelLogsConfig } from './config.ts';

const url = 'https://otel.example:4318/v1/logs';

it('has defaults for a collector', () => {
  expect(otelLogsConfig.parse({ url })).toMatchObject({
    protocol: 'http/protobuf',
    headers: {},
    gzip: true,
    verifyTls: true,
    maxRequestBytes: 16_777_216,
    retryOn500: false,
    body: 'message',
    includeOriginal: false,
    serviceName: 'extremecloud-iq',
  });
});

it.each([
  [{}, 'url'],
  [{ url: 'ftp://otel.example/v1/logs' }, 'url'],
  [{ url: 'https://user:secret@otel.example/v1/logs' }, 'url'],
  [{ url, protocol: 'grpc' }, 'protocol'],
  [{ url, headers: { 'content-length': '5' } }, 'headers.content-length'],
  [{ url, headers: { 'a b': 'c' } }, 'headers.a b'],
  [{ url, headers: { Authorization: 'Bearer inline' } }, 'headers.Authorization'],
  [{ url, headers: { 'api-key': 'inline' } }, 'headers.api-key'],
  [{ url, certFile: 'a.pem' }, 'certFile'],
  [{ url: 'http://otel.example/v1/logs', certFile: 'a.pem', keyFile: 'b.pem' }, 'certFile'],
  [{ url, maxRequestBytes: 100_000_000 }, 'maxRequestBytes'],
  [{ url, eventActions: ['Not Low'] }, 'eventActions.0'],
])('rejects %j and names the field', (config, field) => {
  const { error } = otelLogsConfig.safeParse(config);
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
  expect(JSON.stringify(error?.issues)).not.toContain('inline');
});

it('accepts text and secrets as headers', () => {
  const headers = { 'X-Scope-OrgID': 'tenant', Authorization: { env: 'OTEL_AUTH' } };
  expect(otelLogsConfig.parse({ url, headers }).headers).toEqual({
    'X-Scope-OrgID': 'tenant',
    Authorization: { env: 'OTEL_AUTH', optional: false },
  });
});

it('describes every field', () => {
  for (const field of Object.values(otelLogsConfig.shape)) expect(field.description).toMatch(/\.$/);
});
