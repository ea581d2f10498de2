// What a back-fill would keep, by a look at both sides; nothing is kept.
import type { BackfillLine, Operations } from '@xiq-siem/admin-api';
import type { Clock } from '@xiq-siem/delivery';
import type { XiqCloud } from '../cloud.ts';
import { logOfMessageType } from '../rest/log-pages.ts';
import { clockDifference, clockText } from './clock-difference.ts';
import { fetchSpan, settledEnd, settleMsOf } from './fetch-span.ts';
import type { JournalAccess } from './kept-bodies.ts';
import { knownIds, requireRetained } from './known-ids.ts';
import { cloudNamed, spanOf, typesMeant } from './request.ts';
import { clockTime } from './type-progress.ts';

export interface PreviewParts {
  clouds(): ReadonlyMap<string, XiqCloud>;
  access(): JournalAccess;
  readonly snapshot: boolean;
  readonly clock: Clock;
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
  const difference = await clockDifference(access, cloud, signal);
  const { behindMs, aheadMs } = difference;
  await requireRetained(access.journal, fromMs - aheadMs, signal);
  const messageTypes = typesMeant(cloud, named);
  const known = knownIds({ access, cloud, fromMs, toMs, messageTypes, aheadMs });
  for await (const { done, total } of known.catchUp(signal)) yield { kind: 'progress', done, total };
  const settleMs = settleMsOf(cloud, behindMs);
  const nowMs = clock.now();
  let missing = 0;
  for (const messageType of messageTypes) {
    const type = logOfMessageType(messageType);
    if (type === undefined) continue;
    const counts = { fetched: 0, known: 0 };
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
  const endMs = settledEnd(toMs, settleMs, nowMs);
  const younger =
    endMs < toMs ? `what was logged since ${clockTime(endMs)} has not settled, and was not looked at` : undefined;
  const notes = [clockText(difference), younger].filter((one) => one !== undefined);
  yield { kind: 'end', snapshot, missing, ...(notes.length > 0 && { note: notes.join('; ') }) };
}
