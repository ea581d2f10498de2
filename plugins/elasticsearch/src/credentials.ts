// What we show of ourselves: read at each request, so that a rotated key takes effect without a restart.
import type { DestinationContext } from '@xiq-siem/core';
import type { ElasticsearchConfig } from './config.ts';
import type { ServerFault } from './server-fault.ts';

export type AuthorizationHeader =
  | {
      readonly ok: true;
      readonly headers: { readonly authorization?: string };
      /** What must not be told again, in each form in which we hold or send it. */
      readonly secrets: readonly string[];
    }
  | { readonly ok: false; readonly fault: ServerFault };

export function credentials(
  { apiKey, basic }: ElasticsearchConfig,
  context: Pick<DestinationContext, 'secret'>,
): () => AuthorizationHeader {
  const key = apiKey && context.secret(apiKey);
  const password = basic && context.secret(basic.password);
  return () => {
    if (key !== undefined) {
      const text = key.current()[0]?.reveal();
      if (text === undefined) return missing('the API key is not there: see `apiKey`');
      if (!/^[\x21-\x7e]+$/.test(text)) return missing('the API key holds characters that no key has: see `apiKey`');
      // `id:api_key` as it stands in some tools; what Elasticsearch calls `encoded` holds no colon.
      const encoded = text.includes(':') ? base64(text) : text;
      return { ok: true, headers: { authorization: `ApiKey ${encoded}` }, secrets: [encoded, text] };
    }
    if (basic !== undefined && password !== undefined) {
      const text = password.current()[0]?.reveal();
      if (text === undefined) return missing('the password is not there: see `basic.password`');
      const encoded = base64(`${basic.username}:${text}`);
      return { ok: true, headers: { authorization: `Basic ${encoded}` }, secrets: [encoded, text] };
    }
    return { ok: true, headers: {}, secrets: [] };
  };
}

function missing(message: string): AuthorizationHeader {
  return { ok: false, fault: { code: 'unauthorized', message, mayBeTaken: false } };
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
