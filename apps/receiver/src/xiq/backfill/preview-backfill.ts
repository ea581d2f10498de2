// What a back-fill would keep, by a look at both sides; nothing is kept.
import type { BackfillLine, Operations } from '@xiq-siem/admin-api';
import { type ApiClock, fetchSpan, logOfMessageType } from '@xiq-siem/xiq';
import type { XiqCloud } from '../cloud.ts';
import { spanOf } from './backfill-kind.ts';
import { defaultSettleMinutes } from './backfill-work.ts';
import { clockBehindMs } from './clock-difference.ts';
import type { JournalAccess } from './kept-bodies.ts';
import { knownIds, requireRetained } from './known-ids.ts';
import { cloudNamed, namesIn, typesMeant } from './which-source.ts';

export interface PreviewParts {
  clouds(): ReadonlyMap<string, XiqCloud>;
  access(): JournalAccess;
  readonly snapshot: boolean;
  readonly clock: ApiClock;
}

/** As far as the span has settled. Rejects as a back-fill of it would. */
export async function* previewBackfill(
  parts: PreviewParts,
  { source, from, to, messageTypes: named }: Parameters<Operations['previewBackfill']>[0],
  signal: AbortSignal,
): AsyncGenerator<BackfillLine> {
  const { clock, snapshot } = parts;
  const cloud = cloudNamed(parts.clouds(), source);
  const { fromMs, toMs } = spanOf({ from, to }, clock.now());
  const access = parts.access();
  await requireRetained(access.journal, fromMs, signal);
  const behindMs = await clockBehindMs(access, cloud, signal);
  const messageTypes = typesMeant(cloud, namesIn(named));
  const known = knownIds({ access, cloud, fromMs, toMs, messageTypes, behindMs });
  for await (const { done, total } of known.catchUp(signal)) yield { kind: 'progress', done, total };
  const { settleMinutes = defaultSettleMinutes } = cloud.subscriptions ?? {};
  let missing = 0;
  for (const messageType of messageTypes) {
    const type = logOfMessageType(messageType);
    if (type === undefined) continue;
    const counts = { fetched: 0, known: 0 };
    const settleMs = settleMinutes * 60_000 + Math.max(0, behindMs);
    const { api, reader } = cloud;
    for await (const piece of fetchSpan({ api, reader, type, clock, signal, fromMs, toMs, settleMs })) {
      for await (const _ of known.catchUp(signal));
      counts.fetched += piece.events.length;
      counts.known += piece.events.filter(({ id }) => known.has(id)).length;
      yield { kind: 'fetching', messageType, fetched: counts.fetched };
    }
    const here = counts.fetched - counts.known;
    missing += here;
    yield { kind: 'type', messageType, ...counts, missing: here };
  }
  yield { kind: 'end', snapshot, missing };
}
