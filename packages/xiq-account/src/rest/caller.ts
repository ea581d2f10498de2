// Makes authenticated API calls: renews a refused token once, and turns a response other than 2xx into an error.
import { apiError, describeResponse, type RequestContext, responseError } from './api-errors.ts';
import type { ApiResponse } from './api-response.ts';
import type { Session } from './session.ts';
import type { ApiRequest, Transport } from './transport.ts';

export interface CallResult {
  readonly response: ApiResponse;
  readonly context: RequestContext;
}

/**
 * Resolves with a response of status 2xx or one of `acceptedStatuses`. Rejects with a ConnectorError, or with the
 * signal's reason when it fires.
 */
export type Call = (
  request: ApiRequest,
  signal: AbortSignal,
  acceptedStatuses?: readonly number[],
) => Promise<CallResult>;

export function createCaller(transport: Transport, session: Session): Call {
  return async (request, signal, acceptedStatuses = []) => {
    let token = await session.token(request, signal);
    let response = await transport.send(request, token, signal);
    if (response.status === 401) {
      const renewed = await session.renew(token, request, signal);
      if (renewed !== undefined) {
        token = renewed;
        response = await transport.send(request, token, signal);
      }
    }
    const { status } = response;
    const context = transport.contextOf(request, token);
    if ((status >= 200 && status < 300) || acceptedStatuses.includes(status)) return { response, context };
    if (status === 401)
      throw apiError('xiq_unauthorized', context, describeResponse(response, context), session.advice);
    throw responseError(context, response);
  };
}
