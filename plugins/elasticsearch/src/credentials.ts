// The Authorization header: an API key or a user name and password, read for each request.
import type { DestinationContext } from '@xiq-siem/core';
import type { ElasticsearchConfig } from './config.ts';
import type { FaultCode } from './fault-codes.ts';
import { RequestFailed } from './server-fault.ts';

export interface Authorization {
  readonly headers: { readonly authorization?: string };
  /** Messages must not contain these. Each form that the plugin holds or sends. */
  readonly secrets: readonly string[];
}

/** The returned function reads the current secret. It throws RequestFailed if the secret cannot be used. */
export function createAuthorizer(
  { apiKey, basic }: ElasticsearchConfig,
  context: Pick<DestinationContext, 'secret'>,
): () => Authorization {
  const key = apiKey && context.secret(apiKey);
  const password = basic && context.secret(basic.password);
  return () => {
    if (key !== undefined) {
      const text = key.current()[0]?.reveal();
      if (!text) throw failed('secret_unavailable', 'the API key is missing or empty: check `apiKey`');
      if (!/^[\x21-\x7e]+$/.test(text)) {
        throw failed('invalid_request', 'the API key contains characters that HTTP forbids: correct `apiKey`');
      }
      // Some tools show a key as `id:api_key`. The form that Elasticsearch calls `encoded` contains no colon.
      return authorization('ApiKey', text.includes(':') ? base64(text) : text, text);
    }
    if (basic !== undefined && password !== undefined) {
      const text = password.current()[0]?.reveal();
      if (text === undefined) throw failed('secret_unavailable', 'the password is missing: check `basic.password`');
      return authorization('Basic', base64(`${basic.username}:${text}`), text);
    }
    return { headers: {}, secrets: [] };
  };
}

function authorization(scheme: string, encoded: string, text: string): Authorization {
  return { headers: { authorization: `${scheme} ${encoded}` }, secrets: [encoded, text] };
}

function failed(code: FaultCode, message: string): RequestFailed {
  return new RequestFailed({ code, message, mayBeAccepted: false });
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
