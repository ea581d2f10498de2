// The generations of the API: how subscriptions are listed and deleted.
import { z } from 'zod';

/** `array`: as published until 2025; `page`: since then. */
export const generationSchema = z.enum(['array', 'page']);

export type Generation = z.output<typeof generationSchema>;
