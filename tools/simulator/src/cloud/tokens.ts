// Access tokens: login tokens, which expire, and long-lived API tokens.
import { createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';

/** `log:r` is the vendor's name; the others are assumptions. */
export const permissionSchema = z.enum(['log:r', 'webhook:rw', 'alert:rw', 'account:r']);
export type Permission = z.output<typeof permissionSchema>;
export const allPermissions: readonly Permission[] = permissionSchema.options;

export interface Token {
  readonly account: string;
  readonly kind: 'login' | 'api';
  readonly permissions: readonly Permission[];
  /** Epoch ms by the cloud's clock; undefined: it does not expire. */
  readonly expiresAtMs: number | undefined;
}

export interface TokenStore {
  /** Creates a token with the given text, or a random one. */
  create(token: Token, text?: string): string;
  /** Undefined where the token is unknown, revoked or expired. */
  find(text: string): Token | undefined;
  revoke(text: string): void;
  /** Expires the tokens of one kind, or all. */
  expireAll(kind?: Token['kind']): void;
}

const maxTokens = 1000;

export function createTokenStore(now: () => number): TokenStore {
  const tokens = new Map<string, Token>();
  const key = randomBytes(32);

  /** Looks like the vendor's tokens. Validity depends on the table only. */
  function jwt({ account, expiresAtMs }: Token): string {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const payload = {
      sub: account,
      jti: randomBytes(12).toString('base64url'),
      iat: Math.floor(now() / 1000),
      ...(expiresAtMs !== undefined && { exp: Math.floor(expiresAtMs / 1000) }),
    };
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(payload)}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  }

  return {
    create: function createToken(token, text = jwt(token)) {
      tokens.set(text, token);
      const [oldest] = tokens.keys();
      if (tokens.size > maxTokens && oldest !== undefined) tokens.delete(oldest);
      return text;
    },
    find: function findToken(text) {
      const token = tokens.get(text);
      return token?.expiresAtMs !== undefined && token.expiresAtMs <= now() ? undefined : token;
    },
    revoke: (text) => void tokens.delete(text),
    expireAll(kind) {
      for (const [text, token] of tokens) if (kind === undefined || token.kind === kind) tokens.delete(text);
    },
  };
}

/** Throws a RangeError for an unknown account. */
export function accountOf(accounts: readonly string[], account = accounts[0]): string {
  if (account !== undefined && accounts.includes(account)) return account;
  throw new RangeError(`unknown account ${account}: expected ${accounts.join(' or ')}`);
}
