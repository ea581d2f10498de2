// A call with our token: another one is asked for once where it is refused; an answer that is not 2xx is an error.
import type { Answer } from './answer.ts';
import { type Asked, apiError, refusal, wordsOf } from './api-errors.ts';
import type { Session } from './session.ts';
import type { ApiRequest, Transport } from './transport.ts';

export interface Called {
  readonly answer: Answer;
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
    let answer = await transport.send(request, token, signal);
    if (answer.status === 401) {
      const other = await session.after(token, request, signal);
      if (other !== undefined) {
        token = other;
        answer = await transport.send(request, token, signal);
      }
    }
    const { status } = answer;
    const asked = transport.asked(request, token);
    if ((status >= 200 && status < 300) || alsoFine.includes(status)) return { answer, asked };
    if (status === 401) throw apiError('xiq_unauthorized', asked, wordsOf(answer, asked), session.advice);
    throw refusal(asked, answer);
  };
}
