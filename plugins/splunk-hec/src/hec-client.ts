// The event collector's three endpoints, as calls.
import { randomUUID } from 'node:crypto';
import type { DestinationContext } from '@xiq-siem/core';
import { z } from 'zod';
import type { SplunkHecConfig } from './config.ts';
import { type HecAnswer, parseJson, readAnswer } from './hec-answer.ts';
import { postEnvelopes } from './hec-logger.ts';
import { type Exchange, exchange } from './http-exchange.ts';
import type { TokenSlot } from './routes.ts';

/** What became of sent events, by their ackIds. */
export type AckReply =
  | { readonly kind: 'acks'; readonly indexed: readonly number[] }
  /** Nobody can acknowledge on this channel, ever. */
  | { readonly kind: 'invalidChannel' | 'disabled' }
  /** No answer that says anything: ask again. */
  | { readonly kind: 'none'; readonly message: string };

export interface HecClient {
  /** Sends envelopes as one request; none at all asks only whether the token is taken. */
  post(
    token: TokenSlot,
    channel: string | undefined,
    lines: readonly string[],
    signal: AbortSignal,
  ): Promise<HecAnswer>;
  acks(token: TokenSlot, channel: string, ackIds: readonly number[], signal: AbortSignal): Promise<AckReply>;
  /** The health endpoint's answer; it asks for no token. */
  health(signal: AbortSignal): Promise<Exchange>;
  close(): void;
}

const acksJson = z.object({ acks: z.record(z.string().regex(/^\d{1,15}$/), z.boolean()) });
const endpointOfUrl = /\/services\/collector(?:\/event(?:\/1\.0)?)?\/?$/;

/** `<base>/services/collector/<name>`; a URL that names the endpoint already is understood too. */
export function endpointUrl(configured: string, name: string): URL {
  const url = new URL(configured);
  const base = url.pathname.replace(endpointOfUrl, '').replace(/\/+$/, '');
  url.pathname = `${base}/services/collector/${name}`;
  return url;
}

export function createHecClient(config: SplunkHecConfig, context: DestinationContext): HecClient {
  const eventUrl = endpointUrl(config.url, 'event');
  const ackUrl = endpointUrl(config.url, 'ack');
  const healthUrl = endpointUrl(config.url, 'health');
  const agent = context.agent(eventUrl, config.verifyTls ? {} : { rejectUnauthorized: false });
  const common = { agent, timeoutMs: config.requestTimeoutMs };
  const tokenOf = ({ secret }: TokenSlot) => secret.current()[0]?.reveal();
  const answerContext = (token: string) => ({
    nowMs: context.now(),
    redact: (text: string) => text.replaceAll(token, '[secret]'),
  });

  return {
    async post(slot, channel, lines, signal) {
      const token = tokenOf(slot);
      if (!token)
        return { action: 'holdToken', code: 'no_token', message: 'the token is not there, or empty: see `token`' };
      const send = (headers: Readonly<Record<string, string>>, body: Uint8Array) =>
        exchange({ ...common, method: 'POST', url: eventUrl, headers, body, signal });
      const answer = await postEnvelopes({ url: eventUrl, token, channel, gzip: config.gzip, send }, lines);
      return readAnswer(answer, answerContext(token));
    },

    async acks(slot, channel, ackIds, signal) {
      const token = tokenOf(slot);
      if (!token) return { kind: 'none', message: 'the token is not there, or empty: see `token`' };
      const url = new URL(ackUrl);
      url.searchParams.set('channel', channel);
      const answer = await exchange({
        ...common,
        ...{ method: 'POST', url, signal },
        headers: {
          Authorization: `Splunk ${token}`,
          'Content-Type': 'application/json',
          'X-Splunk-Request-Channel': channel,
        },
        body: Buffer.from(JSON.stringify({ acks: ackIds })),
      });
      const found = answer.kind === 'answer' ? acksJson.safeParse(parseJson(answer.text)).data : undefined;
      if (found !== undefined && answer.kind === 'answer' && answer.status === 200) {
        return { kind: 'acks', indexed: ackIds.filter((ackId) => found.acks[ackId] === true) };
      }
      const fault = readAnswer(answer, answerContext(token));
      if (fault.action === 'taken') return { kind: 'none', message: 'the answer holds no acknowledgements' };
      if (fault.code === 'invalid_channel') return { kind: 'invalidChannel' };
      if (fault.code === 'ack_disabled') return { kind: 'disabled' };
      return { kind: 'none', message: fault.message };
    },

    health: (signal) => exchange({ ...common, method: 'GET', url: healthUrl, signal }),
    close: () => agent.destroy(),
  };
}

export function newChannel(): string {
  return randomUUID().toUpperCase();
}
