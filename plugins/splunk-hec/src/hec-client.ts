// Calls the three endpoints of the event collector: event, ack and health.
import type { Agent } from 'node:http';
import {
  type DestinationContext,
  exchange,
  type HttpOutcome,
  type HttpRequest,
  parseJson,
  type Secret,
} from '@xiq-siem/core';
import { z } from 'zod';
import type { AckChannel, AckReply } from './ack-tracker.ts';
import type { SplunkHecConfig } from './config.ts';
import type { HecCode } from './hec-codes.ts';
import { postEnvelopes } from './hec-logger.ts';
import { type HecResponse, readResponse } from './hec-response.ts';
import type { TokenSlot } from './routes.ts';

export interface HecClient {
  /** Sends envelopes as one request. An empty request only checks whether HEC accepts the token. */
  post(
    token: TokenSlot,
    channel: AckChannel | undefined,
    lines: readonly string[],
    signal: AbortSignal,
  ): Promise<HecResponse>;
  /** Asks whether the events with `ackId` on this channel are indexed. `message` if there is no usable response. */
  ack(
    token: TokenSlot,
    channel: AckChannel,
    ackId: number,
    signal: AbortSignal,
  ): Promise<{ readonly reply: AckReply; readonly message?: string }>;
  /** An agent with a single connection, to be destroyed by the caller. */
  createLineAgent(): Agent;
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
  const createAgent = () => context.agent(eventUrl, config.verifyTls ? {} : { rejectUnauthorized: false });
  const agent = createAgent();
  const timeoutMs = config.requestTimeoutMs;
  /** Sends a request on the connection and with the cookies of the channel, if there is one. */
  const sendOn = async (channel: AckChannel | undefined, request: Omit<HttpRequest, 'agent' | 'timeoutMs'>) => {
    const cookie = channel?.cookies.header();
    const headers = { ...request.headers, ...(cookie !== undefined && { Cookie: cookie }) };
    const outcome = await exchange({ ...request, agent: channel?.agent ?? agent, timeoutMs, headers });
    if (outcome.kind === 'response') channel?.cookies.store(outcome.headers['set-cookie']);
    return outcome;
  };
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
          channel: channel?.id,
          gzip: config.gzip,
          send: (headers, body) => sendOn(channel, { method: 'POST', url: eventUrl, headers, body, signal }),
        },
        lines,
      );
      return readResponse(outcome, context.now(), [token]);
    },

    async ack(slot, channel, ackId, signal) {
      const token = tokenOf(slot);
      if (token === undefined) return { reply: 'pending', message: tokenMissing };
      const url = endpointUrl(config.url, 'ack');
      url.searchParams.set('channel', channel.id);
      const headers = {
        Authorization: `Splunk ${token.reveal()}`,
        'Content-Type': 'application/json',
        'X-Splunk-Request-Channel': channel.id,
      };
      const body = JSON.stringify({ acks: [ackId] });
      const outcome = await sendOn(channel, { method: 'POST', url, headers, body, signal });
      if (outcome.kind === 'response' && outcome.status === 200) {
        const found = acksJson.safeParse(parseJson(outcome.body.toString('utf8'))).data;
        if (found) return { reply: found.acks[ackId] === true ? 'indexed' : 'pending' };
      }
      const fault = readResponse(outcome, context.now(), [token]);
      if (fault.action === 'accepted')
        return { reply: 'pending', message: 'the response contains no acknowledgements' };
      return { reply: ackReplies[fault.code] ?? 'pending', message: fault.message };
    },

    createLineAgent() {
      const lineAgent = createAgent();
      lineAgent.maxSockets = 1;
      return lineAgent;
    },
    health: (signal) => sendOn(undefined, { method: 'GET', url: endpointUrl(config.url, 'health'), signal }),
    close: () => agent.destroy(),
  };
}

/** Responses to a request for an acknowledgement that are final. */
const ackReplies: Readonly<Partial<Record<HecCode, AckReply>>> = {
  ack_disabled: 'disabled',
  // Without a HEC code: VictoriaLogs responds to an unknown path like this.
  bad_request: 'unsupported',
  invalid_channel: 'lost',
  method_not_allowed: 'unsupported',
  not_found: 'unsupported',
};
