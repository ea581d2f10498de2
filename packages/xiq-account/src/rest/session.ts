// Sessions of the API: hold the token for calls, and renew it where that is possible.
import type { Logger, Secret, SecretSource } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import { apiError } from './api-errors.ts';
import { isSameSecret } from './same-secret.ts';
import type { ApiRequest, Transport } from './transport.ts';

export interface LoginCredentials {
  readonly username: SecretSource;
  readonly password: SecretSource;
}

/** A long-lived API token, or a user with a password. */
export type XiqCredentials = { readonly token: SecretSource } | LoginCredentials;

export interface Session {
  /** The token for a call; messages name `request`. */
  token(request: ApiRequest, signal: AbortSignal): Promise<Secret>;
  /** What to do if a call is refused with a renewed token. */
  readonly advice: string;
  /** Another token after a call was refused. Undefined: there is no other. */
  renew(refused: Secret, request: ApiRequest, signal: AbortSignal): Promise<Secret | undefined>;
  /** Revokes the token of a login. A long-lived token stays valid. */
  logout(signal: AbortSignal): Promise<void>;
}

export interface SessionOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Characters that are valid in an Authorization header. */
export const tokenText = /^[\x21-\x7e]{1,16384}$/;

/** A session with a long-lived API token, which can be renewed in ExtremeCloud IQ only. */
export function createTokenSession(source: SecretSource, { transport }: Pick<SessionOptions, 'transport'>): Session {
  return {
    advice:
      'The API token is invalid, expired or revoked: create a new one in ExtremeCloud IQ and store it where the configuration says.',
    async token(request) {
      const [token] = source.current();
      if (token !== undefined && tokenText.test(token.reveal())) return token;
      const advice = 'Create one in ExtremeCloud IQ and store it where the configuration says.';
      const fault = token === undefined ? 'there is no API token' : 'the API token contains invalid characters';
      throw apiError('xiq_unauthorized', transport.contextOf(request, undefined), `not sent: ${fault}`, advice);
    },
    async renew(refused) {
      // An operator may have replaced it while the call was running.
      const [token] = source.current();
      return isSameSecret(token, refused) ? undefined : token;
    },
    logout: async () => undefined,
  };
}
