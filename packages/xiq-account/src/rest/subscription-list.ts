// Reads all subscriptions of one kind: page by page, or as the plain list of the older API.
import { z } from 'zod';
import { type Endpoint, invalidResponse } from './api-errors.ts';
import type { Call } from './caller.ts';
import { checkShape, parseJson } from './parse-response.ts';

const pageSize = 100;
const maxPages = 1_000;
const maxReadings = 3;

/** Text of a subscription. */
export const text = z.string().max(8_192).nullish();

/** Converts to digits. `parseJson` gives an integer that a double cannot represent as text. */
export const int64 = z
  .union([z.number().refine(Number.isInteger), z.string().regex(/^-?\d{1,19}$/)], {
    error: 'expected an integer of 64 bits',
  })
  .transform(String);

interface Identified {
  readonly id: string;
}

export interface ListedKind<Item extends Identified> {
  readonly endpoint: Endpoint;
  readonly path: string;
  /** Reads one subscription. */
  readonly item: z.ZodType<Item>;
}

export async function listSubscriptions<Item extends Identified>(
  call: Call,
  kind: ListedKind<Item>,
  signal: AbortSignal,
): Promise<readonly Item[]> {
  // If subscriptions are created or deleted while we read, pages shift and one may be on no page.
  let before: string | undefined;
  for (let reading = 1; ; reading++) {
    const { items, isComplete, context } = await readAllPages(call, kind, signal);
    const ids = items.map(({ id }) => id).join();
    if (isComplete || ids === before) return items;
    if (reading === maxReadings) {
      throw invalidResponse(context, `the pages do not match their total_count after ${maxReadings} reads`);
    }
    before = ids;
  }
}

/** `isComplete`: all pages have the same total_count, and as many subscriptions were read. */
async function readAllPages<Item extends Identified>(
  call: Call,
  { endpoint, path, item }: ListedKind<Item>,
  signal: AbortSignal,
) {
  const list = z.array(item);
  const page = z.looseObject({
    data: list,
    page: z.int().nullish(),
    total_pages: z.int().nonnegative(),
    total_count: z.int().nonnegative(),
  });
  const found = new Map<string, Item>();
  const counts = new Set<number>();
  for (let number = 1; ; number++) {
    const request = { endpoint, method: 'GET', repeatable: true } as const;
    const { response, context } = await call({ ...request, path: `${path}?page=${number}&limit=${pageSize}` }, signal);
    const value = parseJson(response, context);
    // The API without pages returns a plain list of all.
    const read = Array.isArray(value)
      ? { data: checkShape(list, value, context), total_pages: 0 }
      : checkShape(page, value, context);
    if ('page' in read && (read.page ?? number) !== number) {
      throw invalidResponse(context, `page ${read.page}, but page ${number} was requested`);
    }
    for (const one of read.data) found.set(one.id, one);
    if ('total_count' in read) counts.add(read.total_count);
    if (number >= read.total_pages || read.data.length === 0) {
      const isComplete = counts.size === 0 || (counts.size === 1 && counts.has(found.size));
      return { items: [...found.values()], isComplete, context };
    }
    if (number >= maxPages) throw invalidResponse(context, `more than ${maxPages} pages of subscriptions`);
  }
}
