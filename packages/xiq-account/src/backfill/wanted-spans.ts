// Spans that are to be filled by themselves, until they are: durable, few, and one for what is one.
import { open, readFile, rename } from 'node:fs/promises';
import type { Logger } from '@xiq-siem/core';
import { z } from 'zod';

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
const file = z.object({ v: z.literal(1), spans: z.array(wantedSpan) });

export type WantedSpan = z.output<typeof wantedSpan>;

export interface WantedSpans {
  list(): readonly WantedSpan[];
  /** Resolves when it is on disk. One that others cover is none of its own. */
  add(span: Omit<WantedSpan, 'job' | 'tries' | 'notBeforeMs'>): Promise<void>;
  replace(before: WantedSpan, after: WantedSpan | undefined): Promise<void>;
}

/** More than this many gaps at once are no gaps: the newest is not taken. */
const maxSpans = 200;

export async function openWantedSpans(path: string, log: Logger): Promise<WantedSpans> {
  let spans: readonly WantedSpan[] = await readSpans(path, log);
  let turn: Promise<unknown> = Promise.resolve();
  const save = (next: readonly WantedSpan[]): Promise<void> => {
    spans = next;
    const mine = turn.then(() => write(path, next));
    turn = mine.catch(() => undefined);
    return mine;
  };
  return {
    list: () => spans,
    async add(given) {
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
    replace: (before, after) => save(spans.flatMap((one) => (one === before ? (after ?? []) : one))),
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

async function readSpans(path: string, log: Logger): Promise<readonly WantedSpan[]> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  try {
    return file.parse(JSON.parse(text)).spans;
  } catch {
    log.warn('backfill.gaps_unreadable', { file: path });
    return [];
  }
}

async function write(path: string, spans: readonly WantedSpan[]): Promise<void> {
  {
    await using handle = await open(`${path}.new`, 'w', 0o600);
    await handle.writeFile(`${JSON.stringify({ v: 1, spans })}\n`);
    await handle.datasync();
  }
  await rename(`${path}.new`, path);
}
