// Parses a query for ground truth from a URL.
import { z } from 'zod';
import { type TruthQuery, truthQuerySchema } from '../truth.ts';

const defaultLimit = 1000;
const digits = z
  .string()
  .regex(/^-?\d{1,16}$/, 'expected a whole number')
  .transform(Number);

const inUrl = z.strictObject({
  from: digits.optional(),
  to: digits.optional(),
  /** Comma-separated. */
  types: z.string().optional(),
  account: z.string().optional(),
  offset: digits.default(0),
  limit: digits.default(defaultLimit).pipe(z.number().max(10_000)),
});

/** Throws a ZodError. */
export function truthQueryOf(query: Readonly<Record<string, string>>): TruthQuery {
  const { types, ...rest } = inUrl.parse(query);
  return truthQuerySchema.parse({ ...rest, types: types?.split(',') });
}
