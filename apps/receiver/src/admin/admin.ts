// The admin listener: /healthz, /readyz, /metrics and, with a token, the admin API.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { Problem, SourceState } from '@xiq-siem/admin-api';
import { type BodyLog, ConnectorError, type Logger, type Secret } from '@xiq-siem/core';
import type { Delivery } from '@xiq-siem/delivery';
import type { ReceivingSource } from '@xiq-siem/pipeline';
import { Hono } from 'hono';
import type { Counters } from '../telemetry/counters.ts';
import { type AdminRoutesOptions, adminRoutes, refusalOf } from './admin-routes.ts';

interface Readiness {
  /** Why webhooks are not accepted; empty where they are. */
  readonly reasons: readonly string[];
  /** For the operator; does not affect readiness. */
  readonly information: object;
}

export interface AdminOptions extends AdminRoutesOptions {
  readonly token: Secret;
  readonly log: Logger;
  readiness(): Readiness;
  /** In the Prometheus text format. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Of the last status: readiness waits for no file. */
export interface KnownProblems {
  /** Worst first. */
  readonly list: readonly Problem[];
  readonly at: string;
}

/** Why webhooks are not accepted; empty where they are. */
export function readinessReasons(
  journal: BodyLog,
  sources: ReadonlyMap<string, ReceivingSource>,
  stopping: boolean,
): readonly string[] {
  const acceptance = journal.acceptance();
  return [
    ...(stopping ? ['stopping'] : []),
    ...(acceptance.ok ? [] : [acceptance.code]),
    ...[...sources].flatMap(([name, { secrets }]) =>
      secrets.current().length > 0 ? [] : [`secret_unavailable:${name}`],
    ),
  ];
}

export function readinessOf(
  reasons: readonly string[],
  { journal, delivery }: { readonly journal: BodyLog; readonly delivery: Delivery },
  sources: readonly SourceState[],
  problems: KnownProblems,
  counters: Counters,
): Readiness {
  const extent = journal.extent();
  // Evicted spans are in `evicted`: one gap for each destination rather than one entry for each segment.
  const lost = journal.lostSpans().filter(({ reason }) => reason !== 'evicted');
  return {
    reasons,
    information: {
      journal: { ...extent, lost, evicted: journal.retentionGaps() },
      destinations: delivery.status().map((status) => ({ ...status, lagBodies: journal.countBodies(status.sequence) })),
      sources,
      problems: problems.list,
      problemsAt: problems.at,
      counters: counters.snapshot(),
    },
  };
}

/** Prevents DNS rebinding: a browser sends the name under which it reached this listener. */
const loopbackHost = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

export function adminApp({ token, log, readiness, metrics, ...rest }: AdminOptions): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (c, next) => {
    if (loopbackHost.test(c.env.incoming.headers.host ?? '')) return next();
    return c.json({ error: 'forbidden_host', message: 'use the loopback address as the host' }, 403);
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
    return c.json({ error: 'unauthorized', message: 'send the token of admin.json as a bearer token' }, 401);
  });
  app.route('/', adminRoutes(rest));
  app.notFound((c) =>
    c.json({ error: 'not_found', message: 'unknown path: see /healthz, /readyz, /metrics, /api/v1/openapi.json' }, 404),
  );
  app.onError((cause, c) => {
    if (!(cause instanceof ConnectorError))
      log.error('admin.request_failed', { path: c.req.routePath, error: cause.message });
    const { status, message } = refusalOf(cause);
    return c.json(message, status);
  });
  return app;
}

function equal(sent: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(sent), digest(expected));
}
