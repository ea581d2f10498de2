// Parses the JSON of a response: limits its depth, keeps large numbers exact, and checks the schema.
import type { JsonValue } from '@xiq-siem/core';
import { parseExactly, scanBody } from '@xiq-siem/xiq';
import type { z } from 'zod';
import { apiError, invalidResponse, isHtml, notFromXiq, type RequestContext } from './api-errors.ts';
import type { ApiResponse } from './api-response.ts';

const maxDepth = 64;

/** A number that a double cannot represent becomes its text. Throws `xiq_invalid_response`; no message quotes the response. */
export function parseJson({ text, status }: ApiResponse, context: RequestContext): JsonValue {
  if (isHtml(text))
    throw apiError('xiq_invalid_response', context, `response ${status}, an HTML page, not JSON`, notFromXiq);
  if (text.trim() === '') throw invalidResponse(context, `response ${status}, which is empty`);
  const { depth, inexact } = scanBody(text);
  if (depth > maxDepth)
    throw invalidResponse(context, `the response nests ${depth} levels deep: the limit is ${maxDepth}`);
  try {
    const value: JsonValue = JSON.parse(text);
    return inexact.size > 0 ? parseExactly(text).value : value;
  } catch {
    // V8's message quotes the text, which may contain secrets.
    throw invalidResponse(context, `response ${status}, which is not valid JSON (${text.length} characters)`);
  }
}

export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  context: RequestContext,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw invalidResponse(context, `the JSON does not match the schema${path}: ${issue?.message ?? 'no reason'}`);
}

export function parseResponse<Schema extends z.ZodType>(
  schema: Schema,
  response: ApiResponse,
  context: RequestContext,
): z.output<Schema> {
  return checkShape(schema, parseJson(response, context), context);
}
