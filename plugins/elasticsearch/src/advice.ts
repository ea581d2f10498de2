// What a person does about a fault, after the message that says what is wrong.
import type { ElasticsearchConfig } from './config.ts';
import type { ServerFault } from './server-fault.ts';

type Credentials = Pick<ElasticsearchConfig, 'apiKey' | 'basic'>;

/** What is wrong, in the server's words, and what to do about it. Holds no secret. */
export function adviceOn({ code, message, status }: ServerFault, credentials: Credentials): string {
  switch (code) {
    case 'unauthorized':
      // Without a status it was ours to find out, and says all.
      return status === undefined ? message : `${message}. ${credentialsAdvice(credentials)}`;
    case 'forbidden':
      return `${message}. Give the credentials that privilege`;
    case 'tls_failed':
      return `${message}. ${tlsAdvice(message)}`;
    case 'connection_lost':
      return `${message}. See \`nodes\`, and whether it is http or https there`;
    case 'unreachable':
      return `${message}. See \`nodes\` and \`proxy\`, and whether Elasticsearch runs there`;
    default:
      return message;
  }
}

function credentialsAdvice({ apiKey, basic }: Credentials): string {
  if (apiKey !== undefined) return 'The API key is wrong, expired or deleted: put a valid one where `apiKey` points';
  if (basic !== undefined) return 'User or password is wrong: correct `basic`';
  return 'It asks for credentials: set `apiKey` or `basic`';
}

function tlsAdvice(message: string): string {
  if (/altnames/i.test(message)) return 'The certificate is for another name: use that one in `nodes`';
  if (/expired|not yet valid/i.test(message)) return 'Renew the certificate there, or correct the clock here';
  if (/wrong version number|packet length/i.test(message)) return 'There is no TLS at that port: see `nodes`';
  if (/alert/i.test(message)) return 'Our own certificate is not taken: see `clientCertificate`';
  return 'Nobody that we trust vouches for its certificate: set `caFile` to the authority that does';
}
