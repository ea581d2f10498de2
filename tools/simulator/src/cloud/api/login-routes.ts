// POST /login and POST /logout.
import type { Hono } from 'hono';
import { z } from 'zod';
import { allPermissions, type TokenStore } from '../tokens.ts';
import { checked, jsonBody } from './parameters.ts';
import { type ApiEnv, errorResponse, jsonResponse } from './responses.ts';

export interface LoginOptions {
  readonly accounts: readonly { readonly username: string; readonly password: string }[];
  readonly tokens: TokenStore;
  readonly tokenLifetimeSeconds: number;
  readonly now: () => number;
}

const credentials = z.object({ username: z.string(), password: z.string() });

export function loginRoutes(app: Hono<ApiEnv>, { accounts, tokens, tokenLifetimeSeconds, now }: LoginOptions): void {
  app.post('/login', async (c) => {
    const { value, fault } = checked(credentials, await jsonBody(c));
    if (value === undefined) return errorResponse(c, 'badRequest', fault);
    const account = accounts.find(({ username }) => username === value.username);
    if (account?.password !== value.password) {
      return errorResponse(c, 'unauthorized', 'The user name or the password is wrong.');
    }
    const expiresAtMs = now() + tokenLifetimeSeconds * 1000;
    const token = tokens.create({ account: account.username, kind: 'login', permissions: allPermissions, expiresAtMs });
    return jsonResponse(c, { access_token: token, token_type: 'Bearer', expires_in: tokenLifetimeSeconds });
  });

  app.post('/logout', (c) => {
    tokens.revoke(c.get('tokenText'));
    return c.body(null, 200);
  });
}
