// What a route of the admin API is: one table entry that server, client and OpenAPI document are made from.
import type { z } from 'zod';

export interface Route<Input extends z.ZodObject = z.ZodObject, Answer extends z.ZodType = z.ZodType> {
  readonly method: 'GET' | 'POST';
  /** `{name}` stands for the field `name` of the input. */
  readonly path: `/api/v1/${string}`;
  readonly summary: string;
  /** Fields that stand in no path go into the query of a GET, and into the JSON body of a POST. */
  readonly input: Input;
  /** One answer as JSON; or, where it streams, one line of it (`application/x-ndjson`). */
  readonly answer: Answer;
  /** `stream`: any number of lines, until the work is done or the client leaves. An empty one only says that it lives. */
  readonly kind: 'answer' | 'stream';
  /** True where it changes something: each call is then an audit event of our own. */
  readonly changes: boolean;
}

interface Words<Input extends z.ZodObject, Answer extends z.ZodType> {
  readonly summary: string;
  readonly input: Input;
  readonly answer: Answer;
}

/** Reads, and answers once. */
export function read<Input extends z.ZodObject, Answer extends z.ZodType>(
  path: Route['path'],
  words: Words<Input, Answer>,
) {
  return { method: 'GET', path, kind: 'answer', changes: false, ...words } as const;
}

/** Reads, and answers line by line. */
export function watch<Input extends z.ZodObject, Answer extends z.ZodType>(
  path: Route['path'],
  words: Words<Input, Answer>,
) {
  return { method: 'GET', path, kind: 'stream', changes: false, ...words } as const;
}

/** Changes something, and answers once. */
export function change<Input extends z.ZodObject, Answer extends z.ZodType>(
  path: Route['path'],
  words: Words<Input, Answer>,
) {
  return { method: 'POST', path, kind: 'answer', changes: true, ...words } as const;
}

/** Changes something, and tells how it goes line by line. */
export function changeAndWatch<Input extends z.ZodObject, Answer extends z.ZodType>(
  path: Route['path'],
  words: Words<Input, Answer>,
) {
  return { method: 'POST', path, kind: 'stream', changes: true, ...words } as const;
}

/** What implements a route, here or at the other end of a connection. `signal` fires when nobody waits any more. */
export type Operation<R extends Route> = R['kind'] extends 'stream'
  ? (input: z.output<R['input']>, signal: AbortSignal) => AsyncIterable<z.output<R['answer']>>
  : (input: z.output<R['input']>, signal: AbortSignal) => Promise<z.output<R['answer']>>;

/** One call that was meant to change something. */
export interface AdminChange {
  readonly call: string;
  readonly outcome: 'success' | 'failure';
  /** The code of a refusal. */
  readonly code?: string;
  /** What was asked, by names and numbers only. */
  readonly input: Readonly<Record<string, unknown>>;
}
