// Stores the state of automatic back-fill over restarts: the last time of reception, and the spans to back-fill.
import type { Logger } from '@xiq-siem/core';
import { type Documents, documentNames } from '@xiq-siem/state';
import { z } from 'zod';

export type LastAccepting = Awaited<ReturnType<typeof openLastAccepting>>;

/** The last time at which the receiver accepted webhooks, from which the next start computes the downtime. */
export async function openLastAccepting(documents: Documents) {
  let lastMs = await documents.get(documentNames.alive, z.int().nonnegative());

  async function setLastAccepting(ms: number): Promise<void> {
    lastMs = ms;
    await documents.put(documentNames.alive, ms);
  }

  return {
    /** Epoch milliseconds. Undefined before the first `set`. */
    lastMs: (): number | undefined => lastMs,
    set: setLastAccepting,
  };
}

const pendingSpan = z.object({
  source: z.string(),
  /** Epoch milliseconds, as `toMs`. */
  fromMs: z.number(),
  toMs: z.number(),
  /** Undefined: all subscribed types. */
  messageTypes: z.array(z.string()).optional(),
  /** The reason, for the log. */
  why: z.string(),
  /** Set if the journal no longer has the bodies before the span. Certainly no event of the span was received. */
  forceDuplicates: z.boolean(),
  /** The id of its job, once it has started. */
  job: z.string().optional(),
  tries: z.int().default(0),
  /** Epoch milliseconds of the earliest next try. */
  notBeforeMs: z.number().default(0),
});
const stored = z.object({ v: z.literal(1), spans: z.array(pendingSpan) });

export type PendingSpan = z.output<typeof pendingSpan>;

export type PendingSpans = Awaited<ReturnType<typeof openPendingSpans>>;

/** Beyond this limit a new span is dropped. */
const maxSpans = 200;

export async function openPendingSpans(documents: Documents, log: Logger) {
  let spans: readonly PendingSpan[] = (await documents.get(documentNames.pendingSpans, stored))?.spans ?? [];
  const save = (next: readonly PendingSpan[]): Promise<void> => {
    spans = next;
    return documents.put(documentNames.pendingSpans, { v: 1, spans: next });
  };
  async function addPendingSpan(added: Omit<PendingSpan, 'job' | 'tries' | 'notBeforeMs'>): Promise<void> {
    const span: PendingSpan = { ...added, tries: 0, notBeforeMs: 0 };
    if (spans.some((one) => covers(one, span))) return;
    if (spans.length >= maxSpans) {
      log.error('backfill.too_many_spans', { source: span.source, limit: maxSpans });
      return;
    }
    const same = spans.find((one) => one.job === undefined && isSameSpan(one, span));
    const others = spans.filter((one) => one !== same && (one.job !== undefined || !covers(span, one)));
    await save([...others, same === undefined ? span : { ...span, ...typesOfBoth(same, span) }]);
  }

  return {
    list: () => spans,
    /** Resolves when it is on disk. A span that another one covers is not added. */
    add: addPendingSpan,
    replace: (before: PendingSpan, after: PendingSpan | undefined): Promise<void> =>
      save(spans.flatMap((one) => (one === before ? (after ?? []) : one))),
  };
}

const covers = (one: PendingSpan, other: PendingSpan): boolean =>
  one.source === other.source &&
  one.fromMs <= other.fromMs &&
  one.toMs >= other.toMs &&
  (one.messageTypes === undefined || (other.messageTypes?.every((type) => one.messageTypes?.includes(type)) ?? false));

const isSameSpan = (one: PendingSpan, other: PendingSpan): boolean =>
  one.source === other.source && one.fromMs === other.fromMs && one.toMs === other.toMs;

function typesOfBoth(one: PendingSpan, other: PendingSpan): Pick<PendingSpan, 'messageTypes'> {
  if (one.messageTypes === undefined || other.messageTypes === undefined) return { messageTypes: undefined };
  return { messageTypes: [...new Set([...one.messageTypes, ...other.messageTypes])] };
}
