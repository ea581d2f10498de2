// The codes that destinations share: one name for one cause.

const statusCodes = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  407: 'proxy_unauthorized',
  408: 'request_timeout',
  413: 'too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  502: 'bad_gateway',
  503: 'service_unavailable',
  504: 'gateway_timeout',
  // Beyond the standard: a full disk, and gateways that have no connection to the server, or lost it while they waited.
  507: 'service_unavailable',
  520: 'bad_gateway',
  521: 'bad_gateway',
  522: 'gateway_timeout',
  523: 'bad_gateway',
  524: 'gateway_timeout',
  525: 'bad_gateway',
  526: 'bad_gateway',
  527: 'bad_gateway',
  529: 'service_unavailable',
  530: 'bad_gateway',
  598: 'gateway_timeout',
  599: 'gateway_timeout',
} as const;

/** Every code of `codeOfStatus`. A destination that uses it adds these to its `codes`. */
export const httpStatusCodes = [
  ...new Set([...Object.values(statusCodes), 'bad_request', 'redirected', 'server_error'] as const),
];

export type HttpStatusCode = (typeof httpStatusCodes)[number];

const byStatus: Readonly<Record<number, HttpStatusCode>> = statusCodes;

/**
 * The code of an HTTP response whose status is not 2xx. Every status from 500 on is a fault of the server: a destination
 * sends the events again, unless it knows that the server means the events.
 */
export function codeOfStatus(status: number): HttpStatusCode {
  return byStatus[status] ?? (status >= 500 ? 'server_error' : status >= 400 ? 'bad_request' : 'redirected');
}

/** The code of a call whose signal fired: `timed_out` at a time limit (its reason is a TimeoutError), else `aborted`. */
export function codeOfSignal({ reason }: AbortSignal): 'aborted' | 'timed_out' {
  return reason instanceof Error && reason.name === 'TimeoutError' ? 'timed_out' : 'aborted';
}
