import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpFaultCode } from './http-exchange.ts';
import {
  connectionAdvice,
  createRateLimitedReport,
  parseJson,
  readTls,
  retryAfterMs,
  sanitizeServerMessage,
  warnIfInsecure,
} from './plugin-toolkit.ts';
import { Secret } from './secret.ts';

describe('retryAfterMs', () => {
  const nowMs = Date.parse('2026-03-01T12:00:00Z');

  it.each([
    ['120', 120_000],
    [' 7 ', 7_000],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    ['Sunday, 01-Mar-26 12:00:30 GMT', 30_000],
    ['Sun Mar  1 12:00:30 2026 GMT', 30_000],
    ['86401', 86_400_000],
    ['999999999999999', 86_400_000],
    ['Mon, 01 Mar 2027 12:00:00 GMT', 86_400_000],
  ])('%s is %i ms', (header, waitMs) => expect(retryAfterMs(header, nowMs)).toBe(waitMs));

  it.each([undefined, '', '0', '-5', '1.5', 'soon', 'Sun, 99 Foo', 'Sat, 28 Feb 2026 12:00:00 GMT', '9'.repeat(400)])(
    '%s is not a wait',
    (header) => expect(retryAfterMs(header, nowMs)).toBeUndefined(),
  );
});

it.each([
  ['{"a":1}', { a: 1 }],
  ['null', null],
  ['{"a":', undefined],
  ['', undefined],
])('parseJson(%j)', (text, value) => expect(parseJson(text)).toEqual(value));

it.each([
  ['a Bearer abc.def b', 'a [secret] b'],
  ['eyJhbGciOiJub25lIn0.e30.x', '[secret]'],
  [`${'x'.repeat(195)}hunter2 after`, `${'x'.repeat(195)}[secr…`],
  ['a%3Cb>hunter2', 'a%3Cb>[secret]'],
  ['p%40ss', '[secret]'],
  ['{"password":"a\\"b"}', '{"password":"[secret]"}'],
  ['\uD800 a\0\tb\u2028c', '\uFFFD a b c'],
  ['', ''],
])('sanitizeServerMessage: %j becomes %j', (text, message) => {
  expect(
    sanitizeServerMessage(text, [new Secret('hunter2'), new Secret('p@ss'), new Secret('a"b'), new Secret('')], 200),
  ).toBe(message);
});

it.each<[HttpFaultCode, string, string]>([
  [
    'tls_failed',
    'Hostname/IP does not match certificate’s altnames: Host: x.',
    'another host name: use that name in `nodes`',
  ],
  ['tls_failed', 'certificate has expired', 'renew the certificate'],
  ['tls_failed', 'certificate is not yet valid', 'correct the clock'],
  ['tls_failed', 'wrong version number', 'does not use TLS on this port: check `nodes`'],
  ['tls_failed', 'packet length too long', 'does not use TLS on this port: check `nodes`'],
  ['tls_failed', 'ssl/tls alert bad certificate', 'rejects the client certificate: check `ownCert`'],
  ['tls_failed', 'self-signed certificate', 'set `caFile`'],
  ['unreachable', 'ECONNREFUSED', 'check `nodes` and `proxy`'],
  ['invalid_request', 'Invalid character in header content ["a"]', 'correct the configured header or secret'],
  ['connection_lost', 'socket hang up', 'check `nodes`, and whether the server uses http or https'],
])('advises about %s: %s', (code, message, advice) => {
  expect(connectionAdvice({ code, message }, { url: '`nodes`', certificate: '`ownCert`' })).toContain(advice);
});

it('names no option for a certificate if a destination has none', () => {
  expect(connectionAdvice({ code: 'tls_failed', message: 'tls alert handshake failure' })).toContain('rejects the TLS');
});

it.each<HttpFaultCode>(['aborted', 'timed_out'])('has no advice about %s', (code) => {
  expect(connectionAdvice({ code, message: 'certificate has expired' })).toBe('');
});

describe('readTls', () => {
  it('reads certificate and key relative to the configuration', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-toolkit-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, 'cert.pem'), 'certificate');
    await writeFile(join(directory, 'key.pem'), 'key');
    const context = { resolvePath: (path: string) => join(directory, path) };
    expect(await readTls({ certFile: 'cert.pem', keyFile: 'key.pem', verifyTls: true }, context)).toEqual({
      cert: 'certificate',
      key: 'key',
    });
  });

  it('disables verification only if configured', async () => {
    const context = { resolvePath: (path: string) => path };
    expect(await readTls({ verifyTls: true }, context)).toEqual({});
    expect(await readTls({ verifyTls: false }, context)).toEqual({ rejectUnauthorized: false });
  });

  it.each(['certFile', 'keyFile'])('names the %s that cannot be read', async (option) => {
    const context = { resolvePath: (path: string) => path };
    await expect(readTls({ [option]: '/nowhere/x.pem', verifyTls: true }, context)).rejects.toMatchObject({
      code: 'config_invalid',
      message: `${option} /nowhere/x.pem cannot be read (ENOENT): expected a PEM file`,
    });
  });
});

it.each([
  ['http://siem.example:8088', true, true, ['destination.not_encrypted']],
  ['http://siem.example:8088', true, false, []],
  ['http://127.0.0.1:8088', true, true, []],
  ['http://[::1]:8088', true, true, []],
  ['http://localhost', true, true, []],
  ['http://127.0.0.1.example', true, true, ['destination.not_encrypted']],
  ['https://siem.example', true, true, []],
  ['https://siem.example', false, false, ['destination.tls_not_verified']],
  ['http://siem.example', false, false, []],
])('warns about an insecure connection: %s, verifyTls %s, secrets %s', (url, verifyTls, secrets, events) => {
  const log = createRecordingLogger();
  warnIfInsecure({ url, verifyTls, secrets }, { log });
  expect(log.lines.map(({ event }) => event)).toEqual(events);
});

it('reports at most once in an interval, with the number of occurrences since', () => {
  const reported: unknown[] = [];
  let nowMs = 0;
  const note = createRateLimitedReport<string>(
    () => nowMs,
    1_000,
    (...report) => reported.push(report),
  );
  note('nothing', 0);
  note('a');
  note('b', 3);
  nowMs = 999;
  note('c');
  nowMs = 1_000;
  note('nothing', 0);
  note('d', 2);
  expect(reported).toEqual([
    ['a', 1],
    ['d', 6],
  ]);
});
