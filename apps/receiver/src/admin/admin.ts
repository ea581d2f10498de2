// What is asked of a running connector on its own machine: is it alive, would it take a webhook; and, by token, more.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { SourceState } from '@xiq-siem/admin-api';
import { ConnectorError, type Log, type Logger, type Secret } from '@xiq-siem/core';
import type { Delivery } from '@xiq-siem/delivery';
import type { ReceivingSource } from '@xiq-siem/pipeline';
import { Hono } from 'hono';
import type { Counters } from '../telemetry/counters.ts';
import { type AdminRoutesOptions, adminRoutes, refusalOf } from './admin-routes.ts';

interface Readiness {
  /** Why no webhook would be accepted now; none: one would. */
  readonly reasons: readonly string[];
  /** For people: no part of the decision. */
  readonly information: object;
}

export interface AdminOptions extends AdminRoutesOptions {
  readonly token: Secret;
  readonly log: Logger;
  readiness(): Readiness;
  /** In the text format of Prometheus. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Why no webhook would be accepted now; none: one would. */
export function readinessReasons(
  journal: Log,
  sources: ReadonlyMap<string, ReceivingSource>,
  stopping: boolean,
): readonly string[] {
  const acceptance = journal.acceptance();
  return [
    ...(stopping ? ['stopping'] : []),
    ...(acceptance.ok ? [] : [acceptance.code]),
    ...[...sources].flatMap(([name, { secrets }]) => (secrets.current().length > 0 ? [] : [`no_secret:${name}`])),
  ];
}

export function readinessOf(
  reasons: readonly string[],
  { journal, delivery }: { readonly journal: Log; readonly delivery: Delivery },
  sources: readonly SourceState[],
  counters: Counters,
): Readiness {
  const extent = journal.extent();
  // What was let go stands in the gaps, one for each destination, rather than once for each file of it.
  const lost = journal.lostSpans().filter(({ reason }) => reason !== 'evicted');
  return {
    reasons,
    information: {
      journal: { ...extent, lost, evicted: journal.retentionGaps() },
      destinations: delivery.status().map((status) => ({ ...status, lagBodies: journal.countBodies(status.sequence) })),
      sources,
      counters: counters.snapshot(),
    },
  };
}

/** A browser that was led here under another name sends that name: DNS rebinding. */
const ownHost = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

export function adminApp({ token, log, readiness, metrics, ...rest }: AdminOptions): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (c, next) => {
    if (ownHost.test(c.env.incoming.headers.host ?? '')) return next();
    return c.json({ error: 'forbidden_host', message: 'ask for it by its loopback address' }, 403);
  });
  app.get('/healthz', (c) => c.json({ status: 'alive' }));
  app.get('/readyz', (c) => {
    const { reasons, information } = readiness();
    const ready = reasons.length === 0;
    return c.json({ status: ready ? 'ready' : 'not ready', reasons, ...information }, ready ? 200 : 503);
  });
  app.get('/metrics', async (c) => {
    const { contentType, text } = await metrics();
    return c.body(text, 200, { 'content-type': contentType });
  });
  app.use('/api/v1/*', async (c, next) => {
    if (equal(c.env.incoming.headers.authorization ?? '', `Bearer ${token.reveal()}`)) return next();
    return c.json({ error: 'unauthorized', message: 'the token of admin.json is needed' }, 401);
  });
  app.route('/', adminRoutes(rest));
  app.notFound((c) =>
    c.json({ error: 'not_found', message: 'there is /healthz, /readyz, /metrics and /api/v1/openapi.json' }, 404),
  );
  app.onError((cause, c) => {
    if (!(cause instanceof ConnectorError)) log.error('admin.failed', { path: c.req.routePath, reason: cause.message });
    const { status, message } = refusalOf(cause);
    return c.json(message, status);
  });
  return app;
}

function equal(sent: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(sent), digest(wanted));
}
