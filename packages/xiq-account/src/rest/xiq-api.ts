// The client of ExtremeCloud IQ's REST API: subscriptions and logs.
import { ConnectorError } from '@xiq-siem/core';
import { isLoopbackHost } from '@xiq-siem/xiq';
import { type AccountIdentity, readAccountIdentity } from './account-identity.ts';
import { createAlertSubscriptions, withAlerts } from './alert-subscriptions.ts';
import { createCaller } from './caller.ts';
import { type LogPage, type LogSpan, type LogType, readLog } from './log-pages.ts';
import { createLoginSession } from './login-session.ts';
import type { RequestBudget } from './request-budget.ts';
import { createTokenSession, type XiqCredentials } from './session.ts';
import { createSubscriptions, type XiqSubscriptions } from './subscriptions.ts';
import { createTransport, type TransportOptions } from './transport.ts';

export interface XiqApiOptions extends TransportOptions {
  /** For example `https://api.extremecloudiq.com`, or the URL of a region. It may have a path. */
  readonly baseUrl: string;
  /** Each call uses the first current value of a secret. */
  readonly credentials: XiqCredentials;
  /**
   * Whether subscriptions to alerts are maintained: if not, they are listed if possible. Undefined: `subscriptions` has
   * none of them.
   */
  readonly alerts?: boolean | undefined;
}

/** Methods with a signal reject with a ConnectorError, or with the signal's reason when it fires. */
export interface XiqApi {
  readonly subscriptions: XiqSubscriptions;
  /** Requests each page when it is iterated. */
  logs(type: LogType, span: LogSpan, signal: AbortSignal): AsyncIterable<LogPage>;
  /** Who the account is. */
  identity(signal: AbortSignal): Promise<AccountIdentity>;
  budget(): RequestBudget;
  /**
   * Milliseconds that the server's clock is ahead of ours, negative if behind. Sends a request if no recent response has
   * a date. Undefined: the request failed. Rejects only with the signal's reason.
   */
  clockAheadMs(signal: AbortSignal): Promise<number | undefined>;
  /** Revokes the token of a login; an error is logged. A long-lived token stays valid. */
  logout(signal: AbortSignal): Promise<void>;
}

/** Sends no request yet. Throws `config_invalid` for an invalid base URL. */
export function createXiqApi(options: XiqApiOptions): XiqApi {
  const { credentials, alerts, clock, log } = options;
  const baseUrl = readBaseUrl(options.baseUrl);
  if (baseUrl.protocol === 'http:' && !isLoopbackHost(baseUrl.hostname)) log.warn('xiq_api.not_encrypted');
  const transport = createTransport(baseUrl, options);
  const session =
    'token' in credentials
      ? createTokenSession(credentials.token, { transport })
      : createLoginSession(credentials, { transport, clock, log });
  const call = createCaller(transport, session);
  const webhooks = createSubscriptions(call);
  return {
    subscriptions: alerts === undefined ? webhooks : withAlerts(webhooks, createAlertSubscriptions(call), alerts),
    logs: (type, span, signal) => readLog(call, type, span, signal),
    identity: (signal) => readAccountIdentity(call, signal),
    budget: transport.budget,
    async clockAheadMs(signal) {
      if (transport.clockAheadMs() === undefined) {
        const nowMs = clock.now();
        const path = `/logs/audit?page=1&limit=1&startTime=${nowMs - 1_000}&endTime=${nowMs}`;
        const once = { repeatable: true, maxAttempts: 1, maxWaitMs: 0 };
        // An error response has a Date as well.
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
  const isValid =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (isValid) return url;
  const example = 'https://api.extremecloudiq.com';
  throw new ConnectorError(
    'config_invalid',
    `api.baseUrl: expected a URL such as ${example}, without credentials or query.`,
  );
}
