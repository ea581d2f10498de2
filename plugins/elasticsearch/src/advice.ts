// Advice for the operator, after the message of a fault.
import { connectionAdvice } from '@xiq-siem/core';
import type { ElasticsearchConfig } from './config.ts';
import type { ServerFault } from './server-fault.ts';

type Credentials = Pick<ElasticsearchConfig, 'apiKey' | 'basic'>;

export const wrongPathAdvice = 'There is no Elasticsearch at this path: correct `nodes`';

/** The message of the fault, with advice. Contains no secret. */
export function messageWithAdvice({ code, message }: ServerFault, credentials: Credentials): string {
  switch (code) {
    case 'unauthorized':
      return `${message}. ${credentialsAdvice(credentials)}`;
    case 'forbidden':
      return `${message}. Give the credentials that privilege`;
    case 'not_found':
    case 'method_not_allowed':
      return `${message}. ${wrongPathAdvice}`;
    case 'unsupported_media_type':
      return `${message}. Expected Elasticsearch 8.17 or later, or 9.x: check \`nodes\` and any proxy`;
    case 'tls_failed':
    case 'connection_lost':
    case 'unreachable':
      return `${message}: ${connectionAdvice({ code, message }, { url: '`nodes`', certificate: '`clientCertificate`' })}`;
    default:
      return message;
  }
}

function credentialsAdvice({ apiKey, basic }: Credentials): string {
  if (apiKey !== undefined)
    return 'The API key is wrong, expired or deleted: put a valid one in the secret of `apiKey`';
  if (basic !== undefined) return 'The user name or the password is wrong: correct `basic`';
  return 'Elasticsearch requires credentials: set `apiKey` or `basic`';
}
