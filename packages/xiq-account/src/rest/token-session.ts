// A long-lived API token: made by hand in ExtremeCloud IQ, and only there renewed.
import type { SecretSource } from '@xiq-siem/core';
import { apiError } from './api-errors.ts';
import { isSameSecret, type Session, type SessionOptions, tokenText } from './session.ts';

export function createTokenSession(source: SecretSource, { transport }: Pick<SessionOptions, 'transport'>): Session {
  return {
    advice:
      'The API token is not valid, expired or revoked, and is not tried again: make a new one in ExtremeCloud IQ and put it where the configuration says.',
    async token(request) {
      const [token] = source.current();
      if (token !== undefined && tokenText.test(token.reveal())) return token;
      const whatToDo = 'Make one in ExtremeCloud IQ and put it where the configuration says.';
      const fault = token === undefined ? 'there is no API token' : 'the API token holds characters that no token has';
      throw apiError('xiq_unauthorized', transport.asked(request, undefined), `not asked: ${fault}`, whatToDo);
    },
    async after(refused) {
      // It may have been replaced between the call and its answer.
      const [token] = source.current();
      return isSameSecret(token, refused) ? undefined : token;
    },
    logout: async () => undefined,
  };
}
