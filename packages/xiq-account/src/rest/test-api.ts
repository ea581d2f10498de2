// For tests: a minimal ExtremeCloud IQ API on loopback, and a client of it.
import {
  createServer as createHttpServer,
  Agent as HttpAgent,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, Agent as HttpsAgent } from 'node:https';
import { ConnectorError, Secret, type SecretSource } from '@xiq-siem/core';
import {
  createManualClock,
  createRecordingLogger,
  createRecordingMeter,
  type SelfSignedCertificate,
} from '@xiq-siem/testkit';
import { createXiqApi, type XiqApiOptions } from './xiq-api.ts';

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: string;
}

export type Responder = (response: ServerResponse, seen: LoggedRequest) => void;

export interface TestApiOptions {
  readonly generation?: 'plain' | 'paged';
  readonly expiresInSeconds?: number;
  readonly tls?: SelfSignedCertificate;
}

export const user = 'siem@example.org';
export const password = 'canary-password-5151';
export const longLivedToken = 'canary-token-long-lived-6262';
export const webhookSecret = 'canary-webhook-7373';

const base = '/subscriptions/webhook';
const alertBase = '/alert-subscriptions/webhooks';

export async function startTestApi({ generation = 'paged', expiresInSeconds = 86_400, tls }: TestApiOptions = {}) {
  const requests: LoggedRequest[] = [];
  /** Each responds to one request instead of the API. */
  const instead: Responder[] = [];
  const tokens = new Set<string>([longLivedToken]);
  /** Raw JSON by id. */
  const subscriptions = new Map<string, string>();
  /** Subscriptions to alerts: raw JSON by id. */
  const alerts = new Map<string, string>();
  const logs = new Map<string, readonly string[]>();
  let logins = 0;
  let nextId = 9_007_199_254_740_993n;

  const respond = (response: ServerResponse, { method, path, query, authorization, body }: LoggedRequest) => {
    if (path === '/login') {
      const given: unknown = JSON.parse(body);
      const right = JSON.stringify(given) === JSON.stringify({ username: user, password });
      if (!right) return json(response, 401, error('AUTH_FAILED', 'Wrong user name or password'));
      const token = `eyJhbGciOiJub25lIn0.canary-session-${++logins}`;
      tokens.add(token);
      return json(response, 200, { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds });
    }
    const token = authorization?.replace('Bearer ', '') ?? '';
    if (!tokens.has(token)) return json(response, 401, error('AUTH_TOKEN_INVALID', `no such token: ${token}`));
    if (path === '/logout') {
      tokens.delete(token);
      return json(response, 200, '');
    }
    const log = /^\/logs\/([a-z]+)$/.exec(path)?.[1];
    if (method === 'GET' && log !== undefined) return page(response, query, logs.get(log) ?? []);
    if (method === 'GET' && path === base) {
      const items = [...subscriptions.values()];
      return generation === 'paged' ? page(response, query, items) : text(response, 200, `[${items.join()}]`);
    }
    if (method === 'POST' && path === base) {
      const desired: object[] = JSON.parse(body);
      for (const item of desired) {
        const id = String(nextId++);
        subscriptions.set(id, `{"id":${id},${JSON.stringify(item).slice(1)}`);
      }
      return json(response, 202, '');
    }
    if (path.startsWith(alertBase)) return respondToAlerts(response, method, path.slice(alertBase.length + 1), body);
    const id = path.slice(base.length + 1);
    if (method === 'PUT' && subscriptions.has(id)) {
      subscriptions.set(id, `{"id":${id},${body.slice(1)}`);
      return text(response, 200, subscriptions.get(id) ?? '');
    }
    if (method === 'DELETE' && generation === 'paged' && id === ':delete') {
      for (const one of query.getAll('ids')) subscriptions.delete(one);
      return json(response, 202, '');
    }
    if (method === 'DELETE' && generation === 'plain' && subscriptions.delete(id)) return json(response, 202, '');
    return json(response, 404, error('NOT_FOUND', 'No such resource'));
  };

  const respondToAlerts = (response: ServerResponse, method: string, id: string, body: string) => {
    if (method === 'GET' && id === '') return text(response, 200, `[${[...alerts.values()].join()}]`);
    const isCreation = method === 'POST' && id === '';
    if (isCreation || (method === 'PUT' && alerts.has(id))) {
      const stored = isCreation ? String(nextId++) : id;
      alerts.set(stored, `{"id":${stored},${body.slice(1)}`);
      return text(response, 200, alerts.get(stored) ?? '');
    }
    if (method === 'DELETE' && alerts.delete(id)) return json(response, 200, '');
    return json(response, 404, error('NOT_FOUND', 'No such resource'));
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? '', 'http://test');
    const { authorization } = request.headers;
    const seen = { method: request.method ?? '', path: url.pathname, query: url.searchParams, authorization, body };
    requests.push(seen);
    const responder = instead.shift() ?? respond;
    responder(response, seen);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch(() => response.destroy());
  };
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer({ ...tls }, listener);
  let connections = 0;
  server.on(tls === undefined ? 'connection' : 'secureConnection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    baseUrl: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    requests,
    instead,
    tokens,
    subscriptions,
    alerts,
    logs,
    logins: () => logins,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const error = (code: string, message: string) => ({ error_code: code, error_id: 'e-1', error_message: message });

export function text(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body);
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  text(response, status, body === '' ? '' : JSON.stringify(body), headers);
}

export function page(response: ServerResponse, query: URLSearchParams, items: readonly string[]) {
  const limit = Number(query.get('limit') ?? 10);
  const number = Number(query.get('page') ?? 1);
  const shown = items.slice((number - 1) * limit, number * limit);
  const pages = Math.ceil(items.length / limit);
  const head = `"page":${number},"count":${shown.length},"total_pages":${pages},"total_count":${items.length}`;
  text(response, 200, `{${head},"data":[${shown.join(' , ')}]}`);
}

/** The same response to every request. */
export const respondWith =
  (status: number, body: unknown = '', headers: Record<string, string> = {}): Responder =>
  (response) =>
    json(response, status, body, headers);

export const cut: Responder = (response) => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' });
  response.write('{"page":1,', () => response.destroy());
};

export const secretSource = (...values: readonly string[]): SecretSource => ({
  current: () => values.map((value) => new Secret(value)),
});

export const byToken = { token: secretSource(longLivedToken) };
export const byLogin = { username: secretSource(user), password: secretSource(password) };

type Cleanup = (task: () => Promise<void>) => void;

/** A client with a long-lived token, and its server, clock, log and meter. */
export async function startFixture(
  onFinished: Cleanup,
  { api: apiOptions = {}, ...options }: Partial<XiqApiOptions> & { readonly api?: TestApiOptions } = {},
) {
  const server = await startTestApi(apiOptions);
  const [plain, secure] = [new HttpAgent({ keepAlive: true }), new HttpsAgent({ keepAlive: true })];
  onFinished(async () => {
    plain.destroy();
    secure.destroy();
    await server.close();
  });
  const clock = createManualClock();
  const log = createRecordingLogger();
  const meter = createRecordingMeter();
  const client = createXiqApi({
    baseUrl: server.baseUrl,
    credentials: byToken,
    agent: (url) => (url.protocol === 'https:' ? secure : plain),
    clock,
    log,
    meter,
    ...options,
  });
  return { server, client, clock, log, meter };
}

export const noSignal = new AbortController().signal;

/** All items, such as the pages of a log. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The error of a call. A call that resolves fails the test. */
export async function rejection(call: Promise<unknown>): Promise<ConnectorError> {
  const outcome = await call.then(
    () => new Error('it was not rejected'),
    (error: unknown) => error,
  );
  if (outcome instanceof ConnectorError) return outcome;
  throw outcome;
}
