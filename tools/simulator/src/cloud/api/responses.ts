// Responses of the REST API: JSON with ids of any size, pages, and errors in the documented format.
import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { type Json, toJson } from '../../json.ts';
import type { Token } from '../tokens.ts';

export interface ApiEnv {
  readonly Bindings: HttpBindings;
  readonly Variables: { token: Token; tokenText: string };
}
export type ApiContext = Context<ApiEnv>;

/** The codes are assumptions; only the format is public. */
const errors = {
  badRequest: [400, 'INVALID_REQUEST'],
  unauthorized: [401, 'UNAUTHORIZED'],
  forbidden: [403, 'ACCESS_DENIED'],
  notFound: [404, 'NOT_FOUND'],
  method: [405, 'METHOD_NOT_ALLOWED'],
  tooLarge: [413, 'REQUEST_TOO_LARGE'],
  tooMany: [429, 'TOO_MANY_REQUESTS'],
  internal: [500, 'INTERNAL_ERROR'],
  badGateway: [502, 'BAD_GATEWAY'],
  unavailable: [503, 'SERVICE_UNAVAILABLE'],
} as const;
export type ErrorKind = keyof typeof errors;

export function errorResponse(
  c: Context,
  kind: ErrorKind,
  message: string,
  headers?: Record<string, string>,
): Response {
  const [status, code] = errors[kind];
  return c.json({ error_code: code, error_id: randomUUID(), error_message: message }, status, headers);
}

export function jsonResponse(c: Context, value: Json): Response {
  return jsonText(c, toJson(value, { spaced: false, ascii: false }));
}

export interface Page {
  readonly totalCount: number;
  readonly page: number;
  readonly limit: number;
  /** Each is a JSON text. */
  readonly items: readonly string[];
}

export function pageResponse(c: Context, { totalCount, page, limit, items }: Page): Response {
  const totalPages = Math.ceil(totalCount / limit);
  const head = `"total_count":${totalCount},"count":${items.length},"page":${page},"total_pages":${totalPages}`;
  return jsonText(c, `{${head},"data":[${items.join(',')}]}`);
}

export function jsonText(c: Context, text: string): Response {
  return c.body(text, 200, { 'content-type': 'application/json' });
}

/** The time format outside the logs; an assumption. */
export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('Z', '+0000');
}
