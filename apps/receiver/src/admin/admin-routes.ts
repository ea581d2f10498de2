// Serves the routes of the admin API: validates input, limits streams, maps errors to responses, reports changes.
import type { IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import {
  type AdminChange,
  type errorResponse,
  isStream,
  type Operations,
  openApiDocument,
  type ResponseName,
  type Route,
  type RouteName,
  responseOf,
  routeNames,
  routeOf,
  type StreamName,
  streamOf,
} from '@xiq-siem/admin-api';
import { ConnectorError, exitCodes, isErrorCode, parseJson } from '@xiq-siem/core';
import { type Context, Hono } from 'hono';
import { z } from 'zod';

type AdminContext = Context<{ Bindings: HttpBindings }>;
type Status = 400 | 404 | 413 | 422 | 429 | 500 | 503;

export interface AdminRoutesOptions {
  readonly operations: Operations;
  readonly version: string;
  /** Called after each call of a route that changes something, also after a failed one. */
  changed(change: AdminChange): void;
  /** An idle stream sends an empty line at this interval; default 15 seconds. */
  readonly keepAliveMs?: number;
}

/** Concurrent streams. Each may have an open reader of the journal. */
const maxStreams = 16;
const maxBodyBytes = 262_144;
/** The message contains the names of unknown fields. */
const maxMessageLength = 500;

export function adminRoutes(options: AdminRoutesOptions): Hono<{ Bindings: HttpBindings }> {
  const { operations, version, changed, keepAliveMs = 15_000 } = options;
  const app = new Hono<{ Bindings: HttpBindings }>();

  /** Runs a call, and reports it where its route changes something. */
  async function audited<Result>(name: RouteName, input: object, call: () => Promise<Result>): Promise<Result> {
    const report = (outcome: AdminChange['outcome'], code?: string): void => {
      if (routeOf(name).changes) changed({ call: name, outcome, code, input: { ...input } });
    };
    try {
      const result = await call();
      report('success');
      return result;
    } catch (cause) {
      report('failure', cause instanceof ConnectorError ? cause.code : 'internal');
      throw cause;
    }
  }

  function addResponse<Name extends ResponseName>(name: Name): void {
    const route = routeOf(name);
    app.on(route.method, honoPaths(route), async (c) => {
      const input = await inputOf(c, route);
      return c.json(await audited(name, input, () => responseOf(operations, name)(input, closedSignal(c))));
    });
  }

  let openStreams = 0;
  function addStream<Name extends StreamName>(name: Name): void {
    const route = routeOf(name);
    app.on(route.method, honoPaths(route), async (c) => {
      const input = await inputOf(c, route);
      if (openStreams >= maxStreams)
        throw new ConnectorError('too_many_streams', `${maxStreams} streams are open: close one, then retry`);
      openStreams += 1;
      const ended = (): void => {
        openStreams -= 1;
      };
      const lines = streamOf(operations, name)(input, closedSignal(c))[Symbol.asyncIterator]();
      // The status is sent after the first line, so that an early error gets its own status.
      const first = await audited(name, input, () => lines.next()).catch((cause: unknown) => {
        ended();
        throw cause;
      });
      const body = ReadableStream.from(ndjsonOf(first, lines, keepAliveMs, ended));
      return c.body(body, 200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    });
  }

  for (const name of routeNames) {
    if (isStream(name)) addStream(name);
    else addResponse(name);
  }
  const document = openApiDocument(version);
  app.get('/api/v1/openapi.json', (c) => c.json(document));
  return app;
}

const jsonObject = z.record(z.string(), z.unknown());
const honoPaths = ({ path, formerPath = path }: Route): string[] =>
  [...new Set([path, formerPath])].map((one) => one.replaceAll(/\{(\w+)\}/g, ':$1'));

async function inputOf<Input>(c: AdminContext, { method, input }: Route<Input>): Promise<Input> {
  const rest = method === 'GET' ? c.req.query() : await bodyOf(c.env.incoming);
  const { success, data, error } = input.safeParse({ ...rest, ...c.req.param() });
  if (success) return data;
  const faults = error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new ConnectorError('usage', faults.join('; ').slice(0, maxMessageLength));
}

/** The JSON object of the body; `{}` where the body is empty. Rejects with `usage`. */
async function bodyOf(incoming: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > maxBodyBytes)
      throw new ConnectorError('request_too_large', `the body is larger than ${maxBodyBytes} bytes`);
    chunks.push(part);
  }
  if (bytes === 0) return {};
  const parsed = jsonObject.safeParse(parseJson(Buffer.concat(chunks).toString('utf8')));
  if (!parsed.success) throw new ConnectorError('usage', 'the body is not a JSON object');
  return parsed.data;
}

/** Fires when the client disconnects. */
function closedSignal({ env: { outgoing } }: AdminContext): AbortSignal {
  const closed = new AbortController();
  outgoing.once('close', () => closed.abort());
  return closed.signal;
}

/** Pulled line by line: a client that does not read only blocks its own call. */
async function* ndjsonOf<Line>(
  first: IteratorResult<Line, unknown>,
  lines: AsyncIterator<Line, unknown>,
  keepAliveMs: number,
  done: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = yield* keepAliveUntil(lines.next(), keepAliveMs)) {
      yield Buffer.from(`${JSON.stringify(next.value)}\n`);
    }
  } catch (cause) {
    // The status was already sent, so the error is the last line.
    yield Buffer.from(`${JSON.stringify(refusalOf(cause).message)}\n`);
  } finally {
    done();
    await lines.return?.();
  }
}

const emptyLine = Buffer.from('\n');

/** Yields an empty line every `everyMs` until `pending` resolves. */
async function* keepAliveUntil<Result>(pending: Promise<Result>, everyMs: number): AsyncGenerator<Uint8Array, Result> {
  const result = pending.then((value) => ({ value }));
  for (;;) {
    const timer = new AbortController();
    const timeout = setTimeout(everyMs, undefined, { signal: timer.signal, ref: false }).catch(() => undefined);
    const settled = await Promise.race([result, timeout]).finally(() => timer.abort());
    if (settled !== undefined) return settled.value;
    yield emptyLine;
  }
}

const statuses: Readonly<Record<string, Status>> = {
  usage: 400,
  not_found: 404,
  destination_configured: 400,
  request_too_large: 413,
  busy: 429,
  too_many_jobs: 429,
  too_many_streams: 429,
  config_invalid: 422,
  secret_unreadable: 422,
  journal_full: 503,
  disk_full: 503,
  journal_unwritable: 503,
  journal_overloaded: 503,
  journal_closed: 503,
};

/** The message of a ConnectorError is sent. That of any other error is not: it may contain a document or a secret. */
export function refusalOf(cause: unknown): {
  readonly status: Status;
  readonly message: z.output<typeof errorResponse>;
} {
  if (!(cause instanceof ConnectorError)) {
    return { status: 500, message: { error: 'internal', message: 'internal error: see the log' } };
  }
  const { code, message, exitCode } = cause;
  const shown = { error: code, message };
  const status = statuses[code] ?? (exitCode === exitCodes.usage ? 400 : 500);
  return { status, message: isErrorCode(code) ? shown : { ...shown, exitCode } };
}
