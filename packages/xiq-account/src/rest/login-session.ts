// Logs in as a user: concurrent calls share one login; the token is renewed before it expires and when it is refused.
import { ConnectorError, Secret } from '@xiq-siem/core';
import { z } from 'zod';
import { apiError, describeResponse, isHtml, responseError } from './api-errors.ts';
import { parseResponse } from './parse-response.ts';
import { isSameSecret } from './same-secret.ts';
import { type LoginCredentials, type Session, type SessionOptions, tokenText } from './session.ts';

const loginResponse = z.looseObject({
  access_token: z.string().regex(tokenText),
  expires_in: z.number().positive().max(1e9).default(3_600),
});

/** A token is renewed a tenth of its lifetime before it expires, at most five minutes before. */
const renewBeforeMs = 300_000;
/** Refused credentials are not sent again for this time: repeated failures can lock the user. */
const refusedForMs = 300_000;

const loginRequest = { endpoint: 'login', method: 'POST', path: '/login', repeatable: true } as const;
const logoutRequest = { ...loginRequest, endpoint: 'logout', path: '/logout', maxAttempts: 1, maxWaitMs: 0 } as const;
const refusalStatuses: ReadonlySet<number> = new Set([400, 401, 403]);

interface Token {
  readonly secret: Secret;
  readonly issuedAtMs: number;
  readonly lifetimeMs: number;
}

export function createLoginSession(
  { username, password }: LoginCredentials,
  { transport, clock, log }: SessionOptions,
): Session {
  let token: Token | undefined;
  let refused: { readonly secrets: readonly Secret[]; readonly untilMs: number; readonly error: Error } | undefined;

  const login = shareOperation(async (signal): Promise<Secret> => {
    const [user] = username.current();
    const [secret] = password.current();
    if (user === undefined || secret === undefined) {
      const missing = user === undefined ? 'user name' : 'password';
      const context = transport.contextOf(loginRequest, undefined);
      const advice = 'Store it where the configuration says.';
      throw apiError('xiq_unauthorized', context, `not tried: there is no ${missing}`, advice);
    }
    const secrets = [user, secret];
    const isSame = refused?.secrets.every((one, index) => isSameSecret(one, secrets[index]));
    if (refused !== undefined && isSame && clock.now() < refused.untilMs) throw refused.error;
    const body = JSON.stringify({ username: user.reveal(), password: secret.reveal() });
    const issuedAtMs = clock.now();
    const response = await transport.send({ ...loginRequest, body, secrets }, undefined, signal);
    const context = transport.contextOf({ ...loginRequest, secrets }, undefined);
    if (refusalStatuses.has(response.status) && !isHtml(response.text)) {
      const advice = 'The user name or the password is wrong, or the user is locked or needs a second factor.';
      const error = apiError('xiq_unauthorized', context, describeResponse(response, context), advice);
      refused = { secrets, untilMs: clock.now() + refusedForMs, error };
      throw error;
    }
    if (response.status < 200 || response.status > 299) throw responseError(context, response);
    const { access_token, expires_in } = parseResponse(loginResponse, response, context);
    refused = undefined;
    token = { secret: new Secret(access_token), issuedAtMs, lifetimeMs: expires_in * 1000 };
    log.info('xiq_api.logged_in', { expiresInSeconds: expires_in });
    return token.secret;
  });

  const isUsable = ({ issuedAtMs, lifetimeMs }: Token): boolean => {
    const ageMs = clock.now() - issuedAtMs;
    return ageMs >= 0 && ageMs < lifetimeMs - Math.min(renewBeforeMs, lifetimeMs / 10);
  };

  const currentToken = async (signal: AbortSignal): Promise<Secret> =>
    token !== undefined && isUsable(token) ? token.secret : await login(signal);

  async function logoutUser(signal: AbortSignal): Promise<void> {
    const issued = token;
    token = undefined;
    if (issued === undefined) return;
    let reason: string | undefined;
    try {
      const { status } = await transport.send(logoutRequest, issued.secret, signal);
      reason = status < 300 ? undefined : `status_${status}`;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ConnectorError)) throw error;
      reason = error.code;
    }
    if (reason !== undefined) log.warn('xiq_api.logout_failed', { reason });
  }

  return {
    advice: 'The token of a new login is refused as well: check the permissions of the user in ExtremeCloud IQ.',
    token: (_request, signal) => currentToken(signal),
    async renew(refusedToken, _request, signal) {
      if (isSameSecret(token?.secret, refusedToken)) token = undefined;
      return currentToken(signal);
    },
    logout: logoutUser,
  };
}

/**
 * Shares one operation among concurrent callers: the first call starts it. Each caller waits until it ends or its own
 * signal fires. The operation is aborted when no caller waits any more.
 */
function shareOperation<Result>(start: (signal: AbortSignal) => Promise<Result>) {
  let shared: { readonly result: Promise<Result>; readonly abandoned: AbortController; callers: number } | undefined;

  return async (signal: AbortSignal): Promise<Result> => {
    signal.throwIfAborted();
    if (shared === undefined) {
      const abandoned = new AbortController();
      shared = { result: start(abandoned.signal), abandoned, callers: 0 };
    }
    const joined = shared;
    const end = () => {
      if (shared === joined) shared = undefined;
    };
    joined.result.then(end, end);
    joined.callers++;
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([joined.result, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
      joined.callers--;
      if (joined.callers === 0) {
        end();
        joined.abandoned.abort();
      }
    }
  };
}
