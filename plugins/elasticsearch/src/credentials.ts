// What we show of ourselves: an API key or a user, read at each request.
import type { DestinationContext } from '@xiq-siem/core';
import type { ElasticsearchConfig } from './config.ts';
import { RequestFailed } from './server-fault.ts';

export interface Authorization {
  readonly headers: { readonly authorization?: string };
  /** What no message may repeat, in each form in which we hold or send it. */
  readonly secrets: readonly string[];
}

/** The function reads the secret anew, so that a rotated one takes effect; it throws RequestFailed where there is none. */
export function credentials(
  { apiKey, basic }: ElasticsearchConfig,
  context: Pick<DestinationContext, 'secret'>,
): () => Authorization {
  const key = apiKey && context.secret(apiKey);
  const password = basic && context.secret(basic.password);
  return () => {
    if (key !== undefined) {
      const text = key.current()[0]?.reveal();
      if (text === undefined) throw unusable('the API key is not there: see `apiKey`');
      if (!/^[\x21-\x7e]+$/.test(text)) throw unusable('the API key holds characters that no key has: see `apiKey`');
      // `id:api_key` as it stands in some tools; what Elasticsearch calls `encoded` holds no colon.
      return authorization('ApiKey', text.includes(':') ? base64(text) : text, text);
    }
    if (basic !== undefined && password !== undefined) {
      const text = password.current()[0]?.reveal();
      if (text === undefined) throw unusable('the password is not there: see `basic.password`');
      return authorization('Basic', base64(`${basic.username}:${text}`), text);
    }
    return { headers: {}, secrets: [] };
  };
}

function authorization(scheme: string, encoded: string, text: string): Authorization {
  return { headers: { authorization: `${scheme} ${encoded}` }, secrets: [encoded, text] };
}

function unusable(message: string): RequestFailed {
  return new RequestFailed({ code: 'unauthorized', message, mayBeTaken: false });
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
