// A user's token: one login for all who want it at once, renewed before it expires and where it is refused.
import { ConnectorError, Secret } from '@xiq-siem/core';
import { z } from 'zod';
import { apiError, isHtml, messageOf, refusal } from './api-errors.ts';
import { parseResponse } from './parse-response.ts';
import { isSameSecret } from './same-secret.ts';
import { type LoginCredentials, type Session, type SessionOptions, tokenText } from './session.ts';

const loginResponse = z.looseObject({
  access_token: z.string().regex(tokenText),
  expires_in: z.number().positive().max(1e9).default(3_600),
});

/** Before its end, a token is renewed by a tenth of its life, five minutes at most. */
const renewBeforeMs = 300_000;
/** What was refused is not offered again for so long: an account that is tried in vain is locked at some time. */
const refusedForMs = 300_000;

const loginRequest = { endpoint: 'login', method: 'POST', path: '/login', repeatable: true } as const;
const logoutRequest = { ...loginRequest, endpoint: 'logout', path: '/logout', maxAttempts: 1, maxWaitMs: 0 } as const;
const putIt = 'Put it where the configuration says.';
const refusing: ReadonlySet<number> = new Set([400, 401, 403]);

interface Token {
  readonly secret: Secret;
  readonly gotAtMs: number;
  readonly lifeMs: number;
}

export function createLoginSession(
  { username, password }: LoginCredentials,
  { transport, clock, log }: SessionOptions,
): Session {
  let token: Token | undefined;
  let refused: { readonly secrets: readonly Secret[]; readonly untilMs: number; readonly error: Error } | undefined;

  const login = sharedFlight(async (signal): Promise<Secret> => {
    const [user] = username.current();
    const [word] = password.current();
    if (user === undefined || word === undefined) {
      const missing = user === undefined ? 'user name' : 'password';
      const asked = transport.asked(loginRequest, undefined);
      throw apiError('xiq_unauthorized', asked, `not tried: there is no ${missing}`, putIt);
    }
    const secrets = [user, word];
    const isSame = refused?.secrets.every((secret, index) => isSameSecret(secret, secrets[index]));
    if (refused !== undefined && isSame && clock.now() < refused.untilMs) throw refused.error;
    const body = JSON.stringify({ username: user.reveal(), password: word.reveal() });
    const gotAtMs = clock.now();
    const response = await transport.send({ ...loginRequest, body, secrets }, undefined, signal);
    const asked = transport.asked({ ...loginRequest, secrets }, undefined);
    if (refusing.has(response.status) && !isHtml(response.text)) {
      const whatToDo = 'The user name or the password is wrong, or the user is locked or wants a second factor.';
      const error = apiError('xiq_unauthorized', asked, messageOf(response, asked), whatToDo);
      refused = { secrets, untilMs: clock.now() + refusedForMs, error };
      throw error;
    }
    if (response.status < 200 || response.status > 299) throw refusal(asked, response);
    const { access_token, expires_in } = parseResponse(loginResponse, response, asked);
    refused = undefined;
    token = { secret: new Secret(access_token), gotAtMs, lifeMs: expires_in * 1000 };
    log.info('xiq_api.logged_in', { expiresInSeconds: expires_in });
    return token.secret;
  });

  const isGood = ({ gotAtMs, lifeMs }: Token): boolean => {
    const ageMs = clock.now() - gotAtMs;
    return ageMs >= 0 && ageMs < lifeMs - Math.min(renewBeforeMs, lifeMs / 10);
  };

  const current = async (signal: AbortSignal): Promise<Secret> =>
    token !== undefined && isGood(token) ? token.secret : await login(signal);

  return {
    advice: 'Even the token that a login has just given is refused: look at the rights of the user in ExtremeCloud IQ.',
    token: (_request, signal) => current(signal),
    async after(wrong, _request, signal) {
      if (isSameSecret(token?.secret, wrong)) token = undefined;
      return current(signal);
    },
    async logout(signal) {
      const given = token;
      token = undefined;
      if (given === undefined) return;
      let reason: string | undefined;
      try {
        const { status } = await transport.send(logoutRequest, given.secret, signal);
        reason = status < 300 ? undefined : `status_${status}`;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ConnectorError)) throw error;
        reason = error.code;
      }
      if (reason !== undefined) log.warn('xiq_api.logout_failed', { reason });
    },
  };
}

/**
 * One piece of work for all who want it at the same time: `start` begins when the first one asks. Each waits until the
 * work is done or its own signal fires; the work ends when nobody waits any more.
 */
function sharedFlight<Result>(start: (signal: AbortSignal) => Promise<Result>) {
  let flight: { readonly work: Promise<Result>; readonly nobody: AbortController; waiting: number } | undefined;

  return async (signal: AbortSignal): Promise<Result> => {
    signal.throwIfAborted();
    if (flight === undefined) {
      const nobody = new AbortController();
      flight = { work: start(nobody.signal), nobody, waiting: 0 };
    }
    const own = flight;
    const land = () => {
      if (flight === own) flight = undefined;
    };
    own.work.then(land, land);
    own.waiting++;
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([own.work, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      own.waiting--;
      if (own.waiting === 0) {
        land();
        own.nobody.abort();
      }
    }
  };
}
