// Middleware of the REST API: delay, token, rate limit, server errors, truncated responses.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { MiddlewareHandler } from 'hono';
import type { Budget, BudgetState } from '../budget.ts';
import type { Area, FaultContext, FaultState } from '../faults.ts';
import { messageTypeOf } from '../log-families.ts';
import type { Permission, TokenStore } from '../tokens.ts';
import { type ApiContext, type ApiEnv, errorResponse } from './responses.ts';

export interface MiddlewareOptions {
  readonly tokens: TokenStore;
  readonly budget: Budget;
  readonly faults: FaultState;
  readonly now: () => number;
}

const serverErrors = { 500: 'internal', 502: 'badGateway', 503: 'unavailable' } as const;
const permissions: Readonly<Partial<Record<Area, Permission>>> = {
  logs: 'log:r',
  subscriptions: 'webhook:rw',
  alerts: 'alert:rw',
  account: 'account:r',
};

export function apiMiddleware(area: Area, options: MiddlewareOptions): MiddlewareHandler<ApiEnv> {
  const { faults } = options;
  return async (c, next) => {
    const chance = chanceOf(c, area);
    const slow = faults.hit('slowResponse', chance);
    if (slow !== undefined) await sleep(slow.settings.delayMs, c);
    const refusal = (area === 'login' ? undefined : authorize(c, area, options)) ?? failure(c, chance, options);
    if (refusal === undefined) await next();
    else c.res = refusal;
    if (faults.hit('cutResponse', chance) !== undefined) await cut(c);
    return undefined;
  };
}

function chanceOf(c: ApiContext, area: Area): FaultContext {
  if (area !== 'logs') return { area };
  const page = Number(c.req.query('page') ?? 1);
  return { area, messageType: messageTypeOf(c.req.path.split('/').at(-1) ?? ''), page };
}

/** Checks the token, the rate limit of its account, and its permission. */
function authorize(c: ApiContext, area: Area, { tokens, budget }: MiddlewareOptions): Response | undefined {
  const [, text = ''] = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  const token = tokens.find(text);
  if (token === undefined) return errorResponse(c, 'unauthorized', 'The access token is missing, invalid or expired.');
  c.set('token', token);
  c.set('tokenText', text);
  const { allowed, ...left } = budget.take(token.account);
  showBudget(c, left);
  if (!allowed) {
    const headers = { 'retry-after': String(left.resetSeconds) };
    return errorResponse(c, 'tooMany', 'The rate limit of the account is exceeded.', headers);
  }
  const needed = permissions[area];
  if (needed === undefined || token.permissions.includes(needed)) return undefined;
  return errorResponse(c, 'forbidden', `The token lacks the permission ${needed}.`);
}

function failure(c: ApiContext, chance: FaultContext, { faults, now }: MiddlewareOptions): Response | undefined {
  const tooMany = faults.hit('tooManyRequests', chance);
  if (tooMany !== undefined) {
    const { retryAfterSeconds: seconds, retryAfterAs } = tooMany.settings;
    const date = new Date(now() + seconds * 1000).toUTCString();
    const headers = { 'retry-after': retryAfterAs === 'date' ? date : String(seconds) };
    return errorResponse(c, 'tooMany', 'The rate limit of the account is exceeded.', headers);
  }
  const error = faults.hit('serverError', chance);
  return error && errorResponse(c, serverErrors[error.settings.status], 'An error of the server.');
}

function showBudget(c: ApiContext, { limit, remaining, resetSeconds }: BudgetState): void {
  c.header('ratelimit-limit', `${limit};w=3600`);
  c.header('ratelimit-remaining', String(remaining));
  c.header('ratelimit-reset', String(resetSeconds));
}

async function sleep(ms: number, c: ApiContext): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  // A client that disconnected must not delay the server.
  c.env.outgoing.once('close', resolve);
  await promise;
  clearTimeout(timer);
}

/** Sends the head and half of the body, and closes the connection. */
async function cut(c: ApiContext): Promise<void> {
  const { outgoing } = c.env;
  const body = Buffer.from(await c.res.arrayBuffer());
  const headers = { ...Object.fromEntries(c.res.headers), 'content-length': String(body.length || 1) };
  outgoing.writeHead(c.res.status, headers);
  outgoing.flushHeaders();
  outgoing.write(body.subarray(0, body.length >>> 1), () => outgoing.destroy());
  c.res = undefined;
  c.res = RESPONSE_ALREADY_SENT;
}
