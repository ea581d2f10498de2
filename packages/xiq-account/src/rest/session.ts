// Who we are to ExtremeCloud IQ: what holds a token to call with, and gets another where it can.
import type { Logger, Secret, SecretSource } from '@xiq-siem/core';
import type { ApiClock } from './api-clock.ts';
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
  readonly clock: ApiClock;
  readonly log: Logger;
}

/** What a header can carry as a token. */
export const tokenText = /^[\x21-\x7e]{1,16384}$/;

export const isSameSecret = (one: Secret | undefined, other: Secret | undefined): boolean =>
  one?.reveal() === other?.reveal();
