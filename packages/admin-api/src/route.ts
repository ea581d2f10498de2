// What a route of the admin API is: one table entry that server, client and OpenAPI document are made from.
import type { z } from 'zod';

export interface Route<Input = unknown, Output = unknown> {
  readonly method: 'GET' | 'POST';
  /** `{name}` stands for the field `name` of the input. */
  readonly path: `/api/v1/${string}`;
  readonly summary: string;
  /** Fields that stand in no path go into the query of a GET, and into the JSON body of a POST. */
  readonly input: z.ZodObject & z.ZodType<Input>;
  /** One answer as JSON; or, where it streams, one line of it (`application/x-ndjson`). */
  readonly response: z.ZodType<Output>;
  /** `stream`: any number of lines, until the work is done or the client leaves. An empty one only says that it lives. */
  readonly kind: 'response' | 'stream';
  /** True where it changes something: each call is then an audit event of our own. */
  readonly changes: boolean;
  /** True where it can also be answered from the files of a stopped connector. */
  readonly snapshot?: true;
}

function routesWith<const Fixed extends Pick<Route, 'method' | 'kind' | 'changes'>>(fixed: Fixed) {
  return <const Rest extends Pick<Route, 'summary' | 'input' | 'response' | 'snapshot'>>(
    path: Route['path'],
    rest: Rest,
  ) => ({ path, ...fixed, ...rest });
}

/** Reads, and answers once. */
export const read = routesWith({ method: 'GET', kind: 'response', changes: false });
/** Reads, and answers line by line. */
export const watch = routesWith({ method: 'GET', kind: 'stream', changes: false });
/** Changes something, and answers once. */
export const change = routesWith({ method: 'POST', kind: 'response', changes: true });
/** Changes something, and reports line by line. */
export const changeAndWatch = routesWith({ method: 'POST', kind: 'stream', changes: true });

/** One call that was meant to change something. */
export interface AdminChange {
  readonly call: string;
  readonly outcome: 'success' | 'failure';
  /** The code of a refusal. */
  readonly code?: string | undefined;
  /** What was asked, by names and numbers only. */
  readonly input: Readonly<Record<string, unknown>>;
}
