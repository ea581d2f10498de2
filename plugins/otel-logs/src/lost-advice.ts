// What a person does where no answer came at all.
import type { Exchange } from './http-post.ts';

type LostCode = Extract<Exchange, { readonly kind: 'failed' }>['code'];

/** Undefined where it may pass by itself. `message`: the system's words. */
export function lostAdvice(code: LostCode, message: string): string | undefined {
  switch (code) {
    case 'tls_failed':
      if (/altnames/i.test(message)) return 'the certificate is for another name: use that one in `url`';
      if (/expired|not yet valid/i.test(message)) return 'renew the certificate there, or mend the clock here';
      if (/wrong version number|packet length/i.test(message)) return 'there is no TLS at that port: check `url`';
      if (/alert/i.test(message)) return 'our own certificate is not taken: check `certFile` and `keyFile`';
      return 'nobody that we trust vouches for its certificate: set `caFile` to the authority that does';
    case 'unreachable':
      return 'check `url` and `proxy`, and whether the server runs';
    case 'connection_lost':
      return 'check `url`, and whether it is http or https there';
    case 'aborted':
      return undefined;
  }
}
