// The type of a route of the admin API. Server, client and OpenAPI document derive from the table of routes.
import type { z } from 'zod';

export interface Route<Input = unknown, Output = unknown> {
  readonly method: 'GET' | 'POST';
  /** `{name}` is the field `name` of the input. */
  readonly path: `/api/v1/${string}`;
  /** A former path, served for one release. */
  readonly formerPath?: Route['path'];
  readonly summary: string;
  /** Fields that are not in the path: the query of a GET, the JSON body of a POST. */
  readonly input: z.ZodObject & z.ZodType<Input>;
  /** The JSON response; of a stream, one line (`application/x-ndjson`). */
  readonly response: z.ZodType<Output>;
  /** `stream`: any number of lines, until the work is done or the client disconnects. An empty line is a keep-alive. */
  readonly kind: 'response' | 'stream';
  /** True if it changes something: each call is then an audit event of the connector. */
  readonly changes: boolean;
  /** Set if the files of a stopped connector can answer it. */
  readonly snapshot?: true;
}

function routesWith<const Fixed extends Pick<Route, 'method' | 'kind' | 'changes'>>(fixed: Fixed) {
  return <const Rest extends Pick<Route, 'summary' | 'input' | 'response' | 'snapshot' | 'formerPath'>>(
    path: Route['path'],
    rest: Rest,
  ) => ({ path, ...fixed, ...rest });
}

/** Reads, with one response. */
export const read = routesWith({ method: 'GET', kind: 'response', changes: false });
/** Reads, with a stream of lines. */
export const watch = routesWith({ method: 'GET', kind: 'stream', changes: false });
/** Changes something, with one response. */
export const change = routesWith({ method: 'POST', kind: 'response', changes: true });
/** Changes something, with a stream of lines. */
export const changeAndWatch = routesWith({ method: 'POST', kind: 'stream', changes: true });

/** A call of a route that changes something. */
export interface AdminChange {
  readonly call: string;
  readonly outcome: 'success' | 'failure';
  /** The error code of a failure. */
  readonly code?: string | undefined;
  /** The input of the call: names and numbers only. */
  readonly input: Readonly<Record<string, unknown>>;
}
