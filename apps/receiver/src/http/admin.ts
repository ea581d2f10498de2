// What is asked of a running connector on its own machine: is it alive, would it take a webhook; and, by token, more.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { ConnectorError, type Secret } from '@xiq-siem/core';
import { Hono } from 'hono';

export interface Readiness {
  /** True if and only if a webhook would be accepted now. */
  readonly ready: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
  /** For people: no part of `ready`. */
  readonly information: object;
}

export interface AdminOptions {
  readonly token: Secret;
  readiness(): Readiness;
  /** Ends a destination that is no longer configured. Rejects with `usage` where it is configured or unknown. */
  forgetDestination(name: string): Promise<void>;
}

/** A browser that was led here under another name sends that name: DNS rebinding. */
const ownHost = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

export function adminApp({ token, readiness, forgetDestination }: AdminOptions): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (c, next) => {
    if (ownHost.test(c.env.incoming.headers.host ?? '')) return next();
    return c.json({ error: 'forbidden_host', message: 'ask for it by its loopback address' }, 403);
  });
  app.get('/healthz', (c) => c.json({ status: 'alive' }));
  app.get('/readyz', (c) => {
    const { ready, reasons, information } = readiness();
    return c.json({ status: ready ? 'ready' : 'not ready', reasons, ...information }, ready ? 200 : 503);
  });
  app.use('/api/v1/*', async (c, next) => {
    if (equal(c.env.incoming.headers.authorization ?? '', `Bearer ${token.reveal()}`)) return next();
    return c.json({ error: 'unauthorized', message: 'the token of admin.json is needed' }, 401);
  });
  app.post('/api/v1/destinations/:name/forget', async (c) => {
    await forgetDestination(c.req.param('name'));
    return c.json({ forgotten: c.req.param('name') });
  });
  app.notFound((c) => c.json({ error: 'not_found', message: 'there is /healthz, /readyz and /api/v1' }, 404));
  app.onError((cause, c) => {
    if (!(cause instanceof ConnectorError)) return c.json({ error: 'internal', message: 'a fault of ours' }, 500);
    return c.json({ error: cause.code, message: cause.message }, cause.code === 'usage' ? 409 : 503);
  });
  return app;
}

function equal(sent: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(sent), digest(wanted));
}
