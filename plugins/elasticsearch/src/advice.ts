// What a person does about a fault, after the message that says what is wrong.
import { connectionAdvice } from '@xiq-siem/core';
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
    case 'connection_lost':
    case 'unreachable':
      return `${message}: ${connectionAdvice({ code, message }, { url: '`nodes`', certificate: '`clientCertificate`' })}`;
    default:
      return message;
  }
}

function credentialsAdvice({ apiKey, basic }: Credentials): string {
  if (apiKey !== undefined) return 'The API key is wrong, expired or deleted: put a valid one where `apiKey` points';
  if (basic !== undefined) return 'User or password is wrong: correct `basic`';
  return 'It asks for credentials: set `apiKey` or `basic`';
}
