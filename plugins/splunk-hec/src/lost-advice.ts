// What a person does where no answer came at all.
import type { FailureCode } from './http-exchange.ts';

/** Empty where it may pass by itself. `message`: the system's words. */
export function lostAdvice(code: FailureCode, message: string): string {
  switch (code) {
    case 'tls_failed':
      if (/altnames/i.test(message)) return 'the certificate is for another name: use that one in `url`';
      if (/expired|not yet valid/i.test(message)) return 'renew the certificate there, or mend the clock here';
      if (/wrong version number|packet length/i.test(message)) return 'there is no TLS at that port: see `url`';
      return 'nobody that we trust vouches for its certificate: set `caFile` to the authority that does';
    case 'unreachable':
      return 'see `url` and `proxy`, and whether Splunk runs and HEC is enabled';
    case 'connection_lost':
      return 'see `url`, and whether it is http or https there';
    default:
      return '';
  }
}
