// The REST API: its routes with their middleware.
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type AccountOptions, accountRoutes } from './account-routes.ts';
import { type AlertOptions, alertRoutes } from './alert-routes.ts';
import { type LogOptions, logRoutes } from './log-routes.ts';
import { type LoginOptions, loginRoutes } from './login-routes.ts';
import { apiMiddleware, type MiddlewareOptions } from './middleware.ts';
import type { RequestLog } from './request-log.ts';
import type { ApiEnv } from './responses.ts';
import { errorResponse } from './responses.ts';
import { type SubscriptionOptions, subscriptionRoutes } from './subscription-routes.ts';

export type RestApiOptions = MiddlewareOptions &
  LoginOptions &
  SubscriptionOptions &
  AlertOptions &
  AccountOptions &
  LogOptions & { readonly requests: RequestLog };

const maxBodyBytes = 1024 * 1024;

export function createRestApi(options: RestApiOptions): Hono<ApiEnv> {
  const { requests, now } = options;
  const app = new Hono<ApiEnv>();
  app.use(async (c, next) => {
    c.header('date', new Date(now()).toUTCString());
    await next();
    const { pathname, search } = new URL(c.req.url);
    const { outgoing } = c.env;
    const status = outgoing.headersSent ? outgoing.statusCode : c.res.status;
    requests.add({ atMs: now(), method: c.req.method, path: pathname + search, status });
  });
  app.use(bodyLimit({ maxSize: maxBodyBytes, onError: (c) => errorResponse(c, 'tooLarge', 'The body is too large.') }));
  app.use('/login', apiMiddleware('login', options));
  app.use('/logout', apiMiddleware('logout', options));
  app.use('/subscriptions/*', apiMiddleware('subscriptions', options));
  app.use('/alert-subscriptions/*', apiMiddleware('alerts', options));
  app.use('/account/*', apiMiddleware('account', options));
  app.use('/logs/*', apiMiddleware('logs', options));
  loginRoutes(app, options);
  subscriptionRoutes(app, options);
  alertRoutes(app, options);
  accountRoutes(app, options);
  logRoutes(app, options);
  app.notFound((c) => errorResponse(c, 'notFound', 'There is no such resource.'));
  return app;
}
