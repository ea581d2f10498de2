// Serves the routes of the admin API: input checked, answers and streams bounded, refusals by code, changes told.
import type { IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import {
  type AdminChange,
  isStream,
  type Operations,
  openApiDocument,
  type ResponseName,
  type Route,
  type RouteName,
  type refusal,
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
type Status = 400 | 404 | 422 | 429 | 500 | 503;

export interface AdminRoutesOptions {
  readonly operations: Operations;
  readonly version: string;
  /** Told of each call that was meant to change something, when it is answered. */
  changed(change: AdminChange): void;
  /** Silence in a stream after which an empty line shows that it lives; 15 seconds where not given. */
  readonly aliveEveryMs?: number;
}

/** Streams at once: each may hold a reader of the journal. */
const maxStreams = 16;
const maxBodyBytes = 262_144;
/** The names of unknown fields stand in it. */
const maxRefusalLength = 500;

export function adminRoutes(options: AdminRoutesOptions): Hono<{ Bindings: HttpBindings }> {
  const { operations, version, changed, aliveEveryMs = 15_000 } = options;
  const app = new Hono<{ Bindings: HttpBindings }>();

  /** Runs a call; where it changes something, the call is reported. */
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
    app.on(route.method, honoPath(route.path), async (c) => {
      const input = await inputOf(c, route);
      return c.json(await audited(name, input, () => responseOf(operations, name)(input, closedSignal(c))));
    });
  }

  let openStreams = 0;
  function addStream<Name extends StreamName>(name: Name): void {
    const route = routeOf(name);
    app.on(route.method, honoPath(route.path), async (c) => {
      const input = await inputOf(c, route);
      if (openStreams >= maxStreams)
        throw new ConnectorError('busy', `${maxStreams} streams are open: end one of them`);
      openStreams += 1;
      const ended = (): void => {
        openStreams -= 1;
      };
      const lines = streamOf(operations, name)(input, closedSignal(c))[Symbol.asyncIterator]();
      // The first line decides about the status: what is refused is refused at once.
      const first = await audited(name, input, () => lines.next()).catch((cause: unknown) => {
        ended();
        throw cause;
      });
      const body = ReadableStream.from(textOf(first, lines, aliveEveryMs, ended));
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
const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

async function inputOf<Input>(c: AdminContext, { method, input }: Route<Input>): Promise<Input> {
  const rest = method === 'GET' ? c.req.query() : await bodyOf(c.env.incoming);
  const { success, data, error } = input.safeParse({ ...rest, ...c.req.param() });
  if (success) return data;
  const faults = error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new ConnectorError('usage', faults.join('; ').slice(0, maxRefusalLength));
}

/** An object; an empty body is an empty one. Rejects with `usage`. */
async function bodyOf(incoming: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > maxBodyBytes) throw new ConnectorError('usage', `the body is larger than ${maxBodyBytes} bytes`);
    chunks.push(part);
  }
  if (bytes === 0) return {};
  const parsed = jsonObject.safeParse(parseJson(Buffer.concat(chunks).toString('utf8')));
  if (!parsed.success) throw new ConnectorError('usage', 'the body is no JSON object');
  return parsed.data;
}

/** Fires when the client has gone. */
function closedSignal({ env: { outgoing } }: AdminContext): AbortSignal {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  return gone.signal;
}

/** Pulled line by line: a client that does not read holds the work up, and nothing else. */
async function* textOf<Line>(
  first: IteratorResult<Line, unknown>,
  lines: AsyncIterator<Line, unknown>,
  aliveEveryMs: number,
  done: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = yield* livelyUntil(lines.next(), aliveEveryMs)) {
      yield Buffer.from(`${JSON.stringify(next.value)}\n`);
    }
  } catch (cause) {
    // The status is sent: a refusal as the last line is how the client learns of it.
    yield Buffer.from(`${JSON.stringify(refusalOf(cause).message)}\n`);
  } finally {
    done();
    await lines.return?.();
  }
}

const emptyLine = Buffer.from('\n');

async function* livelyUntil<Result>(pending: Promise<Result>, everyMs: number): AsyncGenerator<Uint8Array, Result> {
  const result = pending.then((value) => ({ value }));
  for (;;) {
    const over = new AbortController();
    const silence = setTimeout(everyMs, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
    const come = await Promise.race([result, silence]).finally(() => over.abort());
    if (come !== undefined) return come.value;
    yield emptyLine;
  }
}

const statuses: Readonly<Record<string, Status>> = {
  usage: 400,
  not_found: 404,
  busy: 429,
  config_invalid: 422,
  secret_unreadable: 422,
  journal_full: 503,
  journal_closed: 503,
};

/** What is told of a failure: of ours the message, of anything else nothing that could hold a document or a secret. */
export function refusalOf(cause: unknown): { readonly status: Status; readonly message: z.output<typeof refusal> } {
  if (!(cause instanceof ConnectorError)) {
    return { status: 500, message: { error: 'internal', message: 'a fault of ours: see the log' } };
  }
  const { code, message, exitCode } = cause;
  const shown = { error: code, message };
  const status = statuses[code] ?? (exitCode === exitCodes.usage ? 400 : 500);
  return { status, message: isErrorCode(code) ? shown : { ...shown, exitCode } };
}
