import { expect, test } from 'vitest';
import { messageWithAdvice } from './advice.ts';

test.each([
  ['self-signed certificate', 'set `caFile`'],
  ['unable to verify the first certificate', 'set `caFile`'],
  [
    "Hostname/IP does not match certificate's altnames: Host: es. is not in the cert's altnames",
    'for another host name',
  ],
  ['certificate has expired', 'renew the certificate'],
  [
    'write EPROTO 00: error:0A00010B:SSL routines:tls_validate_record_header:wrong version number',
    'does not use TLS on this port',
  ],
  ['write EPROTO 00: error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate', '`clientCertificate`'],
])('the advice for a connection that fails with "%s": %s', (reason, expected) => {
  const message = `es.example: no TLS connection: ${reason}`;
  const text = messageWithAdvice({ code: 'tls_failed', message, mayBeAccepted: false }, {});
  expect(text.startsWith(`${message}: `)).toBe(true);
  expect(text.slice(message.length)).toContain(expected);
});
