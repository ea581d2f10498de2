// A call with our token: another one is asked for once where it is refused; an answer that is not 2xx is an error.

import { type Asked, apiError, messageOf, refusal } from './api-errors.ts';
import type { ApiResponse } from './api-response.ts';
import type { Session } from './session.ts';
import type { ApiRequest, Transport } from './transport.ts';

export interface Called {
  readonly response: ApiResponse;
  readonly asked: Asked;
}

/**
 * An answer of 2xx, or of a status that the caller has a use for. Rejects with a ConnectorError, or with the signal's
 * reason when it fires.
 */
export type Call = (request: ApiRequest, signal: AbortSignal, alsoFine?: readonly number[]) => Promise<Called>;

export function createCaller(transport: Transport, session: Session): Call {
  return async (request, signal, alsoFine = []) => {
    let token = await session.token(request, signal);
    let response = await transport.send(request, token, signal);
    if (response.status === 401) {
      const other = await session.after(token, request, signal);
      if (other !== undefined) {
        token = other;
        response = await transport.send(request, token, signal);
      }
    }
    const { status } = response;
    const asked = transport.asked(request, token);
    if ((status >= 200 && status < 300) || alsoFine.includes(status)) return { response, asked };
    if (status === 401) throw apiError('xiq_unauthorized', asked, messageOf(response, asked), session.advice);
    throw refusal(asked, response);
  };
}
