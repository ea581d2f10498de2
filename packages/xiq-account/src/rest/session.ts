// Who we are to ExtremeCloud IQ: what holds a token to call with, and gets another where it can.
import type { Logger, Secret, SecretSource } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import { apiError } from './api-errors.ts';
import { isSameSecret } from './same-secret.ts';
import type { ApiRequest, Transport } from './transport.ts';

export interface LoginCredentials {
  readonly username: SecretSource;
  readonly password: SecretSource;
}

/** A long-lived token, or a user. */
export type XiqCredentials = { readonly token: SecretSource } | LoginCredentials;

export interface Session {
  /** The token to call with. `request` is what wants it, for messages. */
  token(request: ApiRequest, signal: AbortSignal): Promise<Secret>;
  /** What to do where a call is refused all the same. */
  readonly advice: string;
  /** A token other than the one that a call was refused with; undefined where there is none and never will be. */
  after(refused: Secret, request: ApiRequest, signal: AbortSignal): Promise<Secret | undefined>;
  /** Gives back what a login got. A long-lived token stays. */
  logout(signal: AbortSignal): Promise<void>;
}

export interface SessionOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a header can carry as a token. */
export const tokenText = /^[\x21-\x7e]{1,16384}$/;

/** A long-lived API token: made by hand in ExtremeCloud IQ, and only there renewed. */
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
