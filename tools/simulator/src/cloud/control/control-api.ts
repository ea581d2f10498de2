// The control API at /_simulator: the interface `Controlled` for other processes. No token; loopback only.
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { jsonBody } from '../api/parameters.ts';
import type { ApiEnv } from '../api/responses.ts';
import type { Controlled } from '../controlled.ts';
import { faultNameSchema } from '../faults.ts';
import { generationSchema } from '../generation.ts';
import { truthQueryOf } from './truth-query.ts';

/** Prevents DNS rebinding: a browser sends the name under which it reached this listener. */
const loopbackHost = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/;
const maxBodyBytes = 1024 * 1024;

const settleSchema = z.strictObject({ timeoutMs: z.int().min(0).max(600_000).default(10_000) });
const clockSchema = z.strictObject({ offsetMs: z.int() });
const generationRequest = z.strictObject({ generation: generationSchema });
const budgetSchema = z.strictObject({ account: z.string().optional(), remaining: z.int().min(0) });
const expirySchema = z.strictObject({ kind: z.enum(['login', 'api']).optional() });

export function createControlApi(cloud: Controlled): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.use(async (c, next) => {
    if (loopbackHost.test(c.env.incoming.headers.host ?? '')) return next();
    return c.json({ error: 'use the loopback address as the host' }, 403);
  });
  app.use(bodyLimit({ maxSize: maxBodyBytes }));

  app.get('/', (c) => c.json(statusOf(cloud)));
  app.post('/reset', (c) => {
    cloud.reset();
    return c.json(statusOf(cloud));
  });
  app.get('/requests', (c) => c.json({ requests: cloud.requests() }));

  app.post('/events', async (c) => c.json({ events: cloud.emit(Object(await jsonBody(c))) }));
  app.get('/events', (c) => c.json(cloud.truth(truthQueryOf(c.req.query()))));
  app.post('/settle', async (c) => {
    const { timeoutMs } = settleSchema.parse((await jsonBody(c)) ?? {});
    await withTimeout(timeoutMs, cloud.settled());
    return c.json({ pending: cloud.pending() });
  });
  app.put('/flow', async (c) => {
    cloud.flow.set(Object(await jsonBody(c)));
    return c.json(cloud.flow.get());
  });

  app.get('/faults', (c) => c.json(cloud.faults.get()));
  app.put('/faults', async (c) => {
    cloud.faults.set(Object(await jsonBody(c)));
    return c.json(cloud.faults.get());
  });
  app.delete('/faults/:name?', (c) => {
    const name = c.req.param('name');
    cloud.faults.clear(...(name === undefined ? [] : [faultNameSchema.parse(name)]));
    return c.json(cloud.faults.get());
  });

  app.get('/subscriptions', (c) => c.json({ subscriptions: cloud.subscriptions.list(c.req.query('account')) }));
  app.post('/subscriptions', async (c) => c.json(cloud.subscriptions.add(Object(await jsonBody(c)))));
  app.patch('/subscriptions/:id', async (c) =>
    c.json(cloud.subscriptions.change(c.req.param('id'), Object(await jsonBody(c)))),
  );
  app.delete('/subscriptions/:id', (c) => {
    cloud.subscriptions.remove(c.req.param('id'));
    return c.body(null, 204);
  });

  app.post('/tokens', async (c) => c.json({ token: cloud.tokens.create(Object((await jsonBody(c)) ?? {})) }));
  app.post('/tokens/expire', async (c) => {
    cloud.tokens.expireAll(expirySchema.parse((await jsonBody(c)) ?? {}).kind);
    return c.body(null, 204);
  });
  app.put('/clock', async (c) => {
    cloud.clock.setOffset(clockSchema.parse(await jsonBody(c)).offsetMs);
    return c.json(statusOf(cloud));
  });
  app.put('/generation', async (c) => {
    cloud.generation.set(generationRequest.parse(await jsonBody(c)).generation);
    return c.json(statusOf(cloud));
  });
  app.put('/budget', async (c) => {
    const { account, remaining } = budgetSchema.parse(await jsonBody(c));
    cloud.budget.setRemaining(remaining, account);
    return c.json(cloud.budget.state(account));
  });

  app.all('*', (c) => c.json({ error: 'unknown path: see tools/simulator/README.md' }, 404));
  app.onError((cause, c) => {
    if (cause instanceof z.ZodError) return c.json({ error: z.prettifyError(cause) }, 400);
    if (cause instanceof RangeError) return c.json({ error: cause.message }, 404);
    throw cause;
  });
  return app;
}

function statusOf({ accounts, clock, generation, pending, flow, budget, subscriptions, truth }: Controlled) {
  return {
    now: clock.now(),
    clockOffsetMs: clock.offsetMs(),
    generation: generation.get(),
    flow: flow.get(),
    pending: pending(),
    accounts: accounts.map((username) => ({
      username,
      budget: budget.state(username),
      subscriptions: subscriptions.list(username).length,
      events: truth({ account: username, limit: 1 }).total,
    })),
  };
}

async function withTimeout(ms: number, done: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, done]);
  clearTimeout(timer);
}
