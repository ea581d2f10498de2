// What is asked of a running connector on its own machine: is it alive, would it take a webhook.
import { Hono } from 'hono';

export interface Readiness {
  /** True if and only if a webhook would be accepted now. */
  readonly ready: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
  /** For people: no part of `ready`. */
  readonly information: object;
}

export function adminApp(readiness: () => Readiness): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.json({ status: 'alive' }));
  app.get('/readyz', (c) => {
    const { ready, reasons, information } = readiness();
    return c.json({ status: ready ? 'ready' : 'not ready', reasons, ...information }, ready ? 200 : 503);
  });
  app.notFound((c) => c.json({ error: 'not_found', message: 'there is /healthz and /readyz' }, 404));
  return app;
}
