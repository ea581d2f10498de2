import { expect, test } from 'vitest';
import { adviceOn } from './advice.ts';

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
])('a connection that fails by "%s" is mended so: %s', (reason, expected) => {
  const message = `es.example: no trusted connection: ${reason}`;
  const said = adviceOn({ code: 'tls_failed', message, mayBeTaken: false }, {});
  expect(said.startsWith(`${message}: `)).toBe(true);
  expect(said.slice(message.length)).toContain(expected);
});
