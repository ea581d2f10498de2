// The REST API of ExtremeCloud IQ: its subscriptions and its logs.
import type { Agent } from 'node:http';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import type { ApiClock } from './api-clock.ts';
import { type Call, createCaller } from './caller.ts';
import { type LogPage, type LogSpan, type LogType, readLog } from './log-pages.ts';
import { createLoginSession } from './login-session.ts';
import { createRequestBudget, type RequestBudget } from './request-budget.ts';
import { createServerClock } from './server-clock.ts';
import type { XiqCredentials } from './session.ts';
import { createSubscriptions, type XiqSubscriptions } from './subscriptions.ts';
import { createTokenSession } from './token-session.ts';
import { type ApiMeter, createTransport } from './transport.ts';

export interface XiqApiOptions {
  /** `https://api.extremecloudiq.com`, a region's own, or a simulator's; a path before the API's own is kept. */
  readonly baseUrl: string;
  /** Each call takes the first of a secret's current values. */
  readonly credentials: XiqCredentials;
  /** Connections to a URL, certificates verified, through the configured proxy. */
  readonly agent: (url: URL) => Agent;
  readonly clock: ApiClock;
  readonly log: Logger;
  readonly meter: ApiMeter;
  readonly budget?: {
    /** 7500 is what an account has, all its users together. */
    readonly requestsPerHour?: number;
    /** The longest that a call waits for the budget or a 429, a minute where it is not said: 0 never waits. */
    readonly maxWaitMs?: number;
  };
  /** For one request and its whole answer, 30 s where it is not said. */
  readonly timeoutMs?: number;
  /** 32 MiB where it is not said. */
  readonly maxAnswerBytes?: number;
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
  const { credentials, clock, log, meter, timeoutMs = 30_000, maxAnswerBytes = 33_554_432 } = options;
  const { requestsPerHour = 7_500, maxWaitMs = 60_000 } = options.budget ?? {};
  const baseUrl = readBaseUrl(options.baseUrl);
  if (baseUrl.protocol === 'http:' && !isLoopback(baseUrl.hostname)) log.warn('xiq_api.not_encrypted');
  const budget = createRequestBudget({ requestsPerHour, clock, log });
  const serverClock = createServerClock();
  const agent = options.agent(baseUrl);
  const transport = createTransport({
    baseUrl,
    agent,
    clock,
    log,
    meter,
    budget,
    serverClock,
    timeoutMs,
    maxAnswerBytes,
    maxWaitMs,
  });
  const session =
    'token' in credentials
      ? createTokenSession(credentials.token, { transport })
      : createLoginSession(credentials, { transport, clock, log });
  const call = createCaller(transport, session);
  return {
    subscriptions: createSubscriptions(call),
    logs: (type, span, signal) => readLog(call, type, span, signal),
    budget: budget.state,
    async clockAheadMs(signal) {
      if (serverClock.aheadMs(clock.now()) === undefined) {
        // A refusal has a Date as well.
        await askForDate(call, clock.now(), signal).catch(() => signal.throwIfAborted());
      }
      return serverClock.aheadMs(clock.now());
    },
    logout: session.logout,
  };
}

async function askForDate(call: Call, nowMs: number, signal: AbortSignal): Promise<void> {
  const path = `/logs/audit?page=1&limit=1&startTime=${nowMs - 1_000}&endTime=${nowMs}`;
  const once = { repeatable: true, maxAttempts: 1, maxWaitMs: 0 };
  await call({ endpoint: 'logs_audit', method: 'GET', path, ...once }, signal);
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

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
