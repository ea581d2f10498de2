// Validates query parameters and bodies of the REST API.
import type { Context } from 'hono';
import { z } from 'zod';

const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(least).max(most));

export const pageParameters = z.object({
  page: whole(1, 1_000_000).default(1),
  limit: whole(1, 100).default(10),
});
export const logParameters = pageParameters.extend({
  startTime: whole(0, 8_640_000_000_000_000).optional(),
  endTime: whole(0, 8_640_000_000_000_000).optional(),
});
export const listParameters = pageParameters.extend({
  order: z.enum(['ASC', 'DESC']).default('ASC'),
  keyword: z.string().max(200).optional(),
});

export type Checked<T> =
  | { readonly value: T; readonly fault?: undefined }
  | { readonly value?: undefined; readonly fault: string };

export function checked<S extends z.ZodType>(schema: S, value: unknown): Checked<z.output<S>> {
  const { success, data, error } = schema.safeParse(value);
  if (success) return { value: data };
  const [issue] = error.issues;
  return { fault: `${issue?.path.join('.') || 'request'}: ${issue?.message ?? 'not understood'}` };
}

/** The body as JSON, with integers that a double cannot represent as their digits; undefined where it is not JSON. */
export async function jsonBody(c: Context): Promise<unknown> {
  try {
    return JSON.parse(await c.req.text(), (_, value: unknown, context?: { source?: string }) =>
      Number.isInteger(value) && !Number.isSafeInteger(value) ? context?.source : value,
    );
  } catch {
    return undefined;
  }
}
