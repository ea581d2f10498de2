// The JSON of an answer: bounded in depth, every number whole, in the shape that was expected.
import type { JsonValue } from '@xiq-siem/core';
import { parseExactly, scanBody } from '@xiq-siem/xiq';
import type { z } from 'zod';
import { type Asked, apiError, fromAProxy, invalidResponse, isHtml } from './api-errors.ts';
import type { ApiResponse } from './api-response.ts';

const maxDepth = 64;

/** A number that a double cannot carry is its text. Rejects by throwing `xiq_invalid_response`, without the answer's words. */
export function parseJson({ text, status }: ApiResponse, asked: Asked): JsonValue {
  if (isHtml(text))
    throw apiError('xiq_invalid_response', asked, `answer ${status}, an HTML page, not JSON`, fromAProxy);
  if (text.trim() === '') throw invalidResponse(asked, `answer ${status}, an empty one`);
  const { depth, inexact } = scanBody(text);
  if (depth > maxDepth)
    throw invalidResponse(asked, `an answer that nests ${depth} levels deep: at most ${maxDepth} are read`);
  try {
    return inexact.size > 0 ? parseExactly(text) : JSON.parse(text);
  } catch {
    // V8's own words quote the text, which may hold secrets.
    throw invalidResponse(asked, `answer ${status}, which is not valid JSON (${text.length} characters)`);
  }
}

export function checkShape<Schema extends z.ZodType>(schema: Schema, value: unknown, asked: Asked): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw invalidResponse(asked, `JSON in another shape than expected${place}: ${issue?.message ?? 'no reason'}`);
}

export function parseResponse<Schema extends z.ZodType>(
  schema: Schema,
  response: ApiResponse,
  asked: Asked,
): z.output<Schema> {
  return checkShape(schema, parseJson(response, asked), asked);
}
