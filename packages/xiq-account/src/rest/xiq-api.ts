// The REST API of ExtremeCloud IQ: its subscriptions and its logs.
import { ConnectorError } from '@xiq-siem/core';
import { isLoopbackHost } from '@xiq-siem/xiq';
import { createCaller } from './caller.ts';
import { type LogPage, type LogSpan, type LogType, readLog } from './log-pages.ts';
import { createLoginSession } from './login-session.ts';
import type { RequestBudget } from './request-budget.ts';
import { createTokenSession, type XiqCredentials } from './session.ts';
import { createSubscriptions, type XiqSubscriptions } from './subscriptions.ts';
import { createTransport, type TransportOptions } from './transport.ts';

export interface XiqApiOptions extends TransportOptions {
  /** `https://api.extremecloudiq.com`, a region's own, or a simulator's; a path before the API's own is kept. */
  readonly baseUrl: string;
  /** Each call takes the first of a secret's current values. */
  readonly credentials: XiqCredentials;
}

/** Everything that takes a signal rejects with a ConnectorError, or with the signal's reason when it fires. */
export interface XiqApi {
  readonly subscriptions: XiqSubscriptions;
  /** The pages of a span of a log, read as they are asked for. */
  logs(type: LogType, span: LogSpan, signal: AbortSignal): AsyncIterable<LogPage>;
  budget(): RequestBudget;
  /**
   * Milliseconds that its clock is ahead of ours, negative where it is behind: by the Date of an answer of the last
   * minutes, which is asked for where there is none. Undefined where none can be had. Rejects with the signal's reason
   * when it fires, and with nothing else.
   */
  clockAheadMs(signal: AbortSignal): Promise<number | undefined>;
  /** Gives back the token of a login; what goes wrong is logged. A long-lived token stays. */
  logout(signal: AbortSignal): Promise<void>;
}

/** Asks nothing yet. Throws `config_invalid` where the base URL is none. */
export function createXiqApi(options: XiqApiOptions): XiqApi {
  const { credentials, clock, log } = options;
  const baseUrl = readBaseUrl(options.baseUrl);
  if (baseUrl.protocol === 'http:' && !isLoopbackHost(baseUrl.hostname)) log.warn('xiq_api.not_encrypted');
  const transport = createTransport(baseUrl, options);
  const session =
    'token' in credentials
      ? createTokenSession(credentials.token, { transport })
      : createLoginSession(credentials, { transport, clock, log });
  const call = createCaller(transport, session);
  return {
    subscriptions: createSubscriptions(call),
    logs: (type, span, signal) => readLog(call, type, span, signal),
    budget: transport.budget,
    async clockAheadMs(signal) {
      if (transport.clockAheadMs() === undefined) {
        const nowMs = clock.now();
        const path = `/logs/audit?page=1&limit=1&startTime=${nowMs - 1_000}&endTime=${nowMs}`;
        const once = { repeatable: true, maxAttempts: 1, maxWaitMs: 0 };
        // A refusal has a Date as well.
        await call({ endpoint: 'logs_audit', method: 'GET', path, ...once }, signal).catch(() =>
          signal.throwIfAborted(),
        );
      }
      return transport.clockAheadMs();
    },
    logout: session.logout,
  };
}

function readBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isFine =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (isFine) return url;
  const example = 'https://api.extremecloudiq.com';
  throw new ConnectorError(
    'config_invalid',
    `api.baseUrl: expected a URL such as ${example}, without credentials or query.`,
  );
}
