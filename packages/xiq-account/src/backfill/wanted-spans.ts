// What automatic back-fill keeps over restarts: when webhooks were last accepted, and the spans that are to be filled.
import type { Logger } from '@xiq-siem/core';
import { type Documents, documentNames } from '@xiq-siem/state';
import { z } from 'zod';

export type AliveMark = Awaited<ReturnType<typeof openAliveMark>>;

/** The last time at which webhooks would have been accepted: the next start knows since when none were. */
export async function openAliveMark(documents: Documents) {
  let lastMs = await documents.get(documentNames.alive, z.int().nonnegative());
  return {
    /** Epoch milliseconds; undefined before the first. */
    lastMs: (): number | undefined => lastMs,
    async set(ms: number): Promise<void> {
      lastMs = ms;
      await documents.put(documentNames.alive, ms);
    },
  };
}

const wantedSpan = z.object({
  source: z.string(),
  /** Epoch milliseconds, as `toMs`. */
  fromMs: z.number(),
  toMs: z.number(),
  /** Undefined: all that are subscribed to. */
  messageTypes: z.array(z.string()).optional(),
  /** Why, in words. */
  why: z.string(),
  /** Nothing came in it for certain, and the journal no longer holds what came before. */
  forceDuplicates: z.boolean(),
  /** Its job, once it was begun. */
  job: z.string().optional(),
  tries: z.int().default(0),
  /** Epoch milliseconds: not to be tried before. */
  notBeforeMs: z.number().default(0),
});
const stored = z.object({ v: z.literal(1), spans: z.array(wantedSpan) });

export type WantedSpan = z.output<typeof wantedSpan>;

export type WantedSpans = Awaited<ReturnType<typeof openWantedSpans>>;

/** More than this many gaps at once are no gaps: the newest is not taken. */
const maxSpans = 200;

export async function openWantedSpans(documents: Documents, log: Logger) {
  let spans: readonly WantedSpan[] = (await documents.get(documentNames.wantedSpans, stored))?.spans ?? [];
  const save = (next: readonly WantedSpan[]): Promise<void> => {
    spans = next;
    return documents.put(documentNames.wantedSpans, { v: 1, spans: next });
  };
  return {
    list: () => spans,
    /** Resolves when it is on disk. One that others cover is none of its own. */
    async add(given: Omit<WantedSpan, 'job' | 'tries' | 'notBeforeMs'>): Promise<void> {
      const span: WantedSpan = { ...given, tries: 0, notBeforeMs: 0 };
      if (spans.some((one) => covers(one, span))) return;
      if (spans.length >= maxSpans) {
        log.error('backfill.too_many_gaps', { source: span.source, most: maxSpans });
        return;
      }
      const twin = spans.find((one) => one.job === undefined && isSameSpan(one, span));
      const others = spans.filter((one) => one !== twin && (one.job !== undefined || !covers(span, one)));
      await save([...others, twin === undefined ? span : { ...span, ...typesOfBoth(twin, span) }]);
    },
    replace: (before: WantedSpan, after: WantedSpan | undefined): Promise<void> =>
      save(spans.flatMap((one) => (one === before ? (after ?? []) : one))),
  };
}

const covers = (one: WantedSpan, other: WantedSpan): boolean =>
  one.source === other.source &&
  one.fromMs <= other.fromMs &&
  one.toMs >= other.toMs &&
  (one.messageTypes === undefined || (other.messageTypes?.every((type) => one.messageTypes?.includes(type)) ?? false));

const isSameSpan = (one: WantedSpan, other: WantedSpan): boolean =>
  one.source === other.source && one.fromMs === other.fromMs && one.toMs === other.toMs;

function typesOfBoth(one: WantedSpan, other: WantedSpan): Pick<WantedSpan, 'messageTypes'> {
  if (one.messageTypes === undefined || other.messageTypes === undefined) return { messageTypes: undefined };
  return { messageTypes: [...new Set([...one.messageTypes, ...other.messageTypes])] };
}
