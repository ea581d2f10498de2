// Calls the three endpoints of the event collector: event, ack and health.
import { randomUUID } from 'node:crypto';
import { type DestinationContext, exchange, type HttpOutcome, parseJson, type Secret } from '@xiq-siem/core';
import { z } from 'zod';
import type { SplunkHecConfig } from './config.ts';
import { postEnvelopes } from './hec-logger.ts';
import { type HecResponse, readResponse } from './hec-response.ts';
import type { TokenSlot } from './routes.ts';

/** The acknowledgement state of sent events. */
export type AckReply =
  | { readonly kind: 'acks'; readonly indexed: readonly number[] }
  /** HEC will never acknowledge events on this channel. */
  | { readonly kind: 'invalidChannel' | 'disabled' }
  /** No usable response: request again. */
  | { readonly kind: 'none'; readonly message: string };

export interface HecClient {
  /** Sends envelopes as one request. An empty request only checks whether HEC accepts the token. */
  post(
    token: TokenSlot,
    channel: string | undefined,
    lines: readonly string[],
    signal: AbortSignal,
  ): Promise<HecResponse>;
  acks(token: TokenSlot, channel: string, ackIds: readonly number[], signal: AbortSignal): Promise<AckReply>;
  /** The response of the health endpoint, which requires no token. */
  health(signal: AbortSignal): Promise<HttpOutcome>;
  close(): void;
}

const acksJson = z.object({ acks: z.record(z.string().regex(/^\d{1,15}$/), z.boolean()) });
const endpointOfUrl = /\/services\/collector(?:\/event(?:\/1\.0)?)?\/?$/;
const tokenMissing = 'the token is missing or empty: check `token`';

/** `<base>/services/collector/<name>`. The configured URL may already contain the endpoint. */
function endpointUrl(configured: string, name: string): URL {
  const url = new URL(configured);
  const base = url.pathname.replace(endpointOfUrl, '').replace(/\/+$/, '');
  url.pathname = `${base}/services/collector/${name}`;
  return url;
}

export function createHecClient(config: SplunkHecConfig, context: DestinationContext): HecClient {
  const eventUrl = endpointUrl(config.url, 'event');
  const agent = context.agent(eventUrl, config.verifyTls ? {} : { rejectUnauthorized: false });
  const common = { agent, timeoutMs: config.requestTimeoutMs };
  const tokenOf = ({ secret }: TokenSlot): Secret | undefined => {
    const [token] = secret.current();
    return token?.reveal() ? token : undefined;
  };

  return {
    async post(slot, channel, lines, signal) {
      const token = tokenOf(slot);
      if (token === undefined) return { action: 'blockToken', code: 'secret_unavailable', message: tokenMissing };
      const outcome = await postEnvelopes(
        {
          url: eventUrl,
          token: token.reveal(),
          channel,
          gzip: config.gzip,
          send: (headers, body) => exchange({ ...common, method: 'POST', url: eventUrl, headers, body, signal }),
        },
        lines,
      );
      return readResponse(outcome, context.now(), [token]);
    },

    async acks(slot, channel, ackIds, signal) {
      const token = tokenOf(slot);
      if (token === undefined) return { kind: 'none', message: tokenMissing };
      const url = endpointUrl(config.url, 'ack');
      url.searchParams.set('channel', channel);
      const headers = {
        Authorization: `Splunk ${token.reveal()}`,
        'Content-Type': 'application/json',
        'X-Splunk-Request-Channel': channel,
      };
      const body = JSON.stringify({ acks: ackIds });
      const outcome = await exchange({ ...common, method: 'POST', url, headers, body, signal });
      if (outcome.kind === 'response' && outcome.status === 200) {
        const found = acksJson.safeParse(parseJson(outcome.body.toString('utf8'))).data;
        if (found) return { kind: 'acks', indexed: ackIds.filter((ackId) => found.acks[ackId] === true) };
      }
      const fault = readResponse(outcome, context.now(), [token]);
      if (fault.action === 'accepted') return { kind: 'none', message: 'the response contains no acknowledgements' };
      if (fault.code === 'invalid_channel') return { kind: 'invalidChannel' };
      if (fault.code === 'ack_disabled') return { kind: 'disabled' };
      return { kind: 'none', message: fault.message };
    },

    health: (signal) => exchange({ ...common, method: 'GET', url: endpointUrl(config.url, 'health'), signal }),
    close: () => agent.destroy(),
  };
}

export function newChannel(): string {
  return randomUUID().toUpperCase();
}
