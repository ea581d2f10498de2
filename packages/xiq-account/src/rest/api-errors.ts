// What can go wrong with a call, in words and codes of ours: what was asked of whom, what came, what to do.
import {
  ConnectorError,
  type ErrorCode,
  type ExitCode,
  exitCodes,
  isErrorCode,
  type Secret,
  sanitizeServerMessage,
} from '@xiq-siem/core';
import { z } from 'zod';
import type { ApiResponse, Failure } from './api-response.ts';

/** The calls that we make of ExtremeCloud IQ, by names that metrics count and in words that messages use. */
const endpoints = {
  login: 'Logging in',
  logout: 'Logging out',
  subscriptions_list: 'Listing the webhook subscriptions',
  subscriptions_create: 'Creating webhook subscriptions',
  subscriptions_update: 'Changing a webhook subscription',
  subscriptions_delete: 'Deleting webhook subscriptions',
  logs_audit: 'Reading the audit log',
  logs_auth: 'Reading the authentication log',
  logs_accounting: 'Reading the accounting log',
  logs_credential: 'Reading the credential log',
  logs_email: 'Reading the e-mail log',
  logs_sms: 'Reading the SMS log',
} as const;

export type Endpoint = keyof typeof endpoints;

/** What was asked, and what must not stand in a message about it. */
export interface Asked {
  readonly endpoint: Endpoint;
  readonly origin: string;
  readonly secrets: readonly Secret[];
}

const errorBody = z.looseObject({
  error_code: z.union([z.string(), z.number()]).nullish(),
  error_id: z.union([z.string(), z.number()]).nullish(),
  error_message: z.string().nullish(),
});

const maxCharacters = 200;

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

const xiqErrorCodes = {
  xiq_unauthorized: exitCodes.permission,
  xiq_forbidden: exitCodes.permission,
  xiq_unavailable: exitCodes.unavailable,
  xiq_rate_limited: exitCodes.temporary,
  xiq_refused: exitCodes.protocol,
  xiq_invalid_response: exitCodes.protocol,
} as const satisfies Record<string, ExitCode>;

type ApiErrorCode = keyof typeof xiqErrorCodes | ErrorCode;

export function xiqError(code: ApiErrorCode, message: string): ConnectorError {
  if (isErrorCode(code)) return new ConnectorError(code, message);
  return new ConnectorError({ code, exitCode: xiqErrorCodes[code] }, message);
}

export function apiError(code: ApiErrorCode, { endpoint, origin }: Asked, whatCame: string, whatToDo: string) {
  return xiqError(code, `${endpoints[endpoint]} at ${origin}: ${sentence(whatCame)} ${whatToDo}`);
}

export const isHtml = (text: string): boolean => /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(text);

export const fromAProxy = 'Not ExtremeCloud IQ but something before it answered: look at the proxy and at api.baseUrl.';

/** `answer 403, AUTH_FORBIDDEN "No permission" (error 12)`, as much of it as there is. */
export function messageOf({ status, text }: ApiResponse, { secrets }: Asked): string {
  if (isHtml(text)) return `answer ${status}, an HTML page`;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return `answer ${status}`;
  }
  const body = errorBody.safeParse(parsed);
  if (!body.success) return `answer ${status}`;
  const clean = (value: string | number | null | undefined) =>
    sanitizeServerMessage(String(value ?? ''), secrets, maxCharacters);
  const [code, id, message] = [body.data.error_code, body.data.error_id, body.data.error_message].map(clean);
  const parts = [code, message && `"${message}"`, id && `(error ${id})`].filter(Boolean);
  return parts.length === 0 ? `answer ${status}` : `answer ${status}, ${parts.join(' ')}`;
}

const consequences = {
  invalid_request: ['config_invalid', 'Nothing was sent: look at the configured credentials.'],
  compressed: ['xiq_invalid_response', fromAProxy],
  too_large: ['xiq_invalid_response', 'Look whether api.baseUrl is the API; ask for a smaller span or page.'],
  tls_failed: [
    'xiq_unavailable',
    'Nothing was sent. If a proxy of yours opens TLS, name its authority in egress.caFile; else look at api.baseUrl.',
  ],
  connection_lost: ['xiq_unavailable', 'Look at the network and the proxy, then try again.'],
  timed_out: ['xiq_unavailable', 'Look at the network and the proxy, then try again.'],
  unreachable: ['xiq_unavailable', 'Look at api.baseUrl, name resolution, the network and the proxy.'],
  aborted: ['xiq_unavailable', 'Try again.'],
} as const satisfies Record<Failure['code'], readonly [ApiErrorCode, string]>;

const nobodyKnows = 'Whether it was done is not known: list the subscriptions before you try again.';

/** No answer. `doubtful`: what we asked for may have been done all the same. */
export function failureError(asked: Asked, { code, message }: Failure, doubtful: boolean): ConnectorError {
  const [errorCode, whatToDo] = consequences[code];
  return apiError(
    errorCode,
    asked,
    sanitizeServerMessage(message, asked.secrets, maxCharacters),
    doubtful ? nobodyKnows : whatToDo,
  );
}

/** An answer that says it is the server's fault. */
export function serverError(asked: Asked, response: ApiResponse, doubtful: boolean): ConnectorError {
  const again = 'ExtremeCloud IQ has a fault or is being serviced: try again later.';
  return apiError('xiq_unavailable', asked, messageOf(response, asked), doubtful ? nobodyKnows : again);
}

export function rateLimitedError(asked: Asked, whatCame: string, waitMs: number): ConnectorError {
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000));
  const whatToDo = `All that use the API of this account share its requests: try again in ${minutes} min.`;
  return apiError('xiq_rate_limited', asked, whatCame, whatToDo);
}

/** Any other answer than the one that was asked for; 401, 429 and the server's own faults have words of their own. */
export function refusal(asked: Asked, response: ApiResponse): ConnectorError {
  const { status, headers, text } = response;
  const came = messageOf(response, asked);
  if (status === 407) {
    return apiError('xiq_unavailable', asked, came, 'The proxy wants credentials: look at egress.proxy.');
  }
  if (isHtml(text)) return apiError('xiq_invalid_response', asked, came, fromAProxy);
  if (status === 403) {
    const permission = asked.endpoint.startsWith('logs_') ? ' (for logs: log:r)' : '';
    const whatToDo = `The user or API token lacks a permission${permission}: have it given in ExtremeCloud IQ.`;
    return apiError('xiq_forbidden', asked, came, whatToDo);
  }
  if (status >= 300 && status < 400) {
    const target = URL.canParse(headers.location ?? '') ? ` to ${new URL(headers.location ?? '').origin}` : '';
    const whatToDo = 'Redirects are not followed: set api.baseUrl to the address of the API itself.';
    return apiError('xiq_invalid_response', asked, `answer ${status}, a redirect${target}`, whatToDo);
  }
  return apiError('xiq_refused', asked, came, 'Look at what was asked and at api.baseUrl: asking again is no help.');
}

export function invalidResponse(asked: Asked, whatCame: string): ConnectorError {
  const whatToDo = 'Look at api.baseUrl and the proxy; if both are right, the API has changed: report it to us.';
  return apiError('xiq_invalid_response', asked, whatCame, whatToDo);
}
