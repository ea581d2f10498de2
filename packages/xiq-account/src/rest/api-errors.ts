// Errors of API calls: code, message (call, server, problem) and advice.
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

/** The calls of the API: the key is the metric attribute, the value starts a message. */
const endpoints = {
  login: 'Logging in',
  logout: 'Logging out',
  subscriptions_list: 'Listing the webhook subscriptions',
  subscriptions_create: 'Creating webhook subscriptions',
  subscriptions_update: 'Changing a webhook subscription',
  subscriptions_delete: 'Deleting webhook subscriptions',
  alert_subscriptions_list: 'Listing the subscriptions to alerts',
  alert_subscriptions_create: 'Creating a subscription to alerts',
  alert_subscriptions_update: 'Changing a subscription to alerts',
  alert_subscriptions_delete: 'Deleting a subscription to alerts',
  account_home: 'Reading the account',
  account_viq: 'Reading the account',
  logs_audit: 'Reading the audit log',
  logs_auth: 'Reading the authentication log',
  logs_accounting: 'Reading the accounting log',
  logs_credential: 'Reading the credential log',
  logs_email: 'Reading the e-mail log',
  logs_sms: 'Reading the SMS log',
} as const;

export type Endpoint = keyof typeof endpoints;

/** What a message says about a request, and the secrets that it must not contain. */
export interface RequestContext {
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

export function apiError(code: ApiErrorCode, { endpoint, origin }: RequestContext, problem: string, advice: string) {
  return xiqError(code, `${endpoints[endpoint]} at ${origin}: ${sentence(problem)} ${advice}`);
}

export const isHtml = (text: string): boolean => /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(text);

export const notFromXiq =
  'The response is not from ExtremeCloud IQ but from a server in front of it: check the proxy and api.baseUrl.';

/** For example `response 403, AUTH_FORBIDDEN "No permission" (error 12)`. Parts that the response lacks are omitted. */
export function describeResponse({ status, text }: ApiResponse, { secrets }: RequestContext): string {
  if (isHtml(text)) return `response ${status}, an HTML page`;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return `response ${status}`;
  }
  const body = errorBody.safeParse(parsed);
  if (!body.success) return `response ${status}`;
  const clean = (value: string | number | null | undefined) =>
    sanitizeServerMessage(String(value ?? ''), secrets, maxCharacters);
  const [code, id, message] = [body.data.error_code, body.data.error_id, body.data.error_message].map(clean);
  const parts = [code, message && `"${message}"`, id && `(error ${id})`].filter(Boolean);
  return parts.length === 0 ? `response ${status}` : `response ${status}, ${parts.join(' ')}`;
}

const consequences = {
  invalid_request: ['config_invalid', 'Nothing was sent: check the configured credentials.'],
  compressed: ['xiq_invalid_response', notFromXiq],
  too_large: ['xiq_invalid_response', 'Check that api.baseUrl is the API, or request a shorter time span.'],
  tls_failed: [
    'xiq_unavailable',
    'Nothing was sent. If your proxy intercepts TLS, set egress.caFile to its CA certificate; if not, check api.baseUrl.',
  ],
  connection_lost: ['xiq_unavailable', 'Check the network and the proxy, then try again.'],
  timed_out: ['xiq_unavailable', 'Check the network and the proxy, then try again.'],
  unreachable: ['xiq_unavailable', 'Check api.baseUrl, DNS, the network and the proxy.'],
  aborted: ['xiq_unavailable', 'Try again.'],
} as const satisfies Record<Failure['code'], readonly [ApiErrorCode, string]>;

const outcomeUnknown = 'It is unknown whether the change was made: list the subscriptions before you try again.';

/** For a request without a response. `mayBeDone`: the server may have made the change. */
export function failureError(context: RequestContext, { code, message }: Failure, mayBeDone: boolean): ConnectorError {
  const [errorCode, advice] = consequences[code];
  return apiError(
    errorCode,
    context,
    sanitizeServerMessage(message, context.secrets, maxCharacters),
    mayBeDone ? outcomeUnknown : advice,
  );
}

/** For a 408 or 5xx response. */
export function serverError(context: RequestContext, response: ApiResponse, mayBeDone: boolean): ConnectorError {
  const retryLater = 'ExtremeCloud IQ failed or is under maintenance: try again later.';
  const problem = describeResponse(response, context);
  return apiError('xiq_unavailable', context, problem, mayBeDone ? outcomeUnknown : retryLater);
}

export function rateLimitedError(context: RequestContext, problem: string, waitMs: number): ConnectorError {
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000));
  const advice = `All API clients of the account share this limit: try again in ${minutes} min.`;
  return apiError('xiq_rate_limited', context, problem, advice);
}

/** For any other unexpected response. 401, 408, 429 and 5xx have errors of their own. */
export function responseError(context: RequestContext, response: ApiResponse): ConnectorError {
  const { status, headers, text } = response;
  const problem = describeResponse(response, context);
  if (status === 407) {
    return apiError('xiq_unavailable', context, problem, 'The proxy requires credentials: check egress.proxy.');
  }
  if (isHtml(text)) return apiError('xiq_invalid_response', context, problem, notFromXiq);
  if (status === 403) {
    const permission = context.endpoint.startsWith('logs_') ? ' (for logs: log:r)' : '';
    const advice = `The user or API token lacks a permission${permission}: grant it in ExtremeCloud IQ.`;
    return apiError('xiq_forbidden', context, problem, advice);
  }
  if (status >= 300 && status < 400) {
    const target = URL.canParse(headers.location ?? '') ? ` to ${new URL(headers.location ?? '').origin}` : '';
    const advice = 'Redirects are not followed: set api.baseUrl to the address of the API itself.';
    return apiError('xiq_invalid_response', context, `response ${status}, a redirect${target}`, advice);
  }
  return apiError('xiq_refused', context, problem, 'Check the request and api.baseUrl: a retry will not help.');
}

export function invalidResponse(context: RequestContext, problem: string): ConnectorError {
  const advice = 'Check api.baseUrl and the proxy. If both are correct, the API has changed: please report this.';
  return apiError('xiq_invalid_response', context, problem, advice);
}
