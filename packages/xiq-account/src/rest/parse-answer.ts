// The JSON of an answer: bounded in depth, every number whole, in the shape that was expected.
import type { JsonValue } from '@xiq-siem/core';
import { parseExactly, scanBody } from '@xiq-siem/xiq';
import type { z } from 'zod';
import type { Answer } from './answer.ts';
import { type Asked, apiError, fromAProxy, invalidAnswer, isHtml } from './api-errors.ts';

const maxDepth = 64;

/** A number that a double cannot carry is its text. Rejects by throwing `xiq_invalid_answer`, without the answer's words. */
export function parseJson({ text, status }: Answer, asked: Asked): JsonValue {
  if (isHtml(text)) throw apiError('xiq_invalid_answer', asked, `answer ${status}, an HTML page, not JSON`, fromAProxy);
  if (text.trim() === '') throw invalidAnswer(asked, `answer ${status}, an empty one`);
  const { depth, inexact } = scanBody(text);
  if (depth > maxDepth)
    throw invalidAnswer(asked, `an answer that nests ${depth} levels deep: at most ${maxDepth} are read`);
  try {
    return inexact.size > 0 ? parseExactly(text) : JSON.parse(text);
  } catch {
    // V8's own words quote the text, which may hold secrets.
    throw invalidAnswer(asked, `answer ${status}, which is not valid JSON (${text.length} characters)`);
  }
}

export function checkShape<Schema extends z.ZodType>(schema: Schema, value: unknown, asked: Asked): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw invalidAnswer(asked, `JSON in another shape than expected${place}: ${issue?.message ?? 'no reason'}`);
}

export function parseAnswer<Schema extends z.ZodType>(schema: Schema, answer: Answer, asked: Asked): z.output<Schema> {
  return checkShape(schema, parseJson(answer, asked), asked);
}
