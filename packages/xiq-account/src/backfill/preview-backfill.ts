// Previews a back-fill: counts the events that it would store, without storing them.
import type { BackfillLine, Operations } from '@xiq-siem/admin-api';
import type { Clock } from '@xiq-siem/delivery';
import { logOfMessageType } from '../rest/log-pages.ts';
import type { XiqAccount } from '../xiq-account.ts';
import { clockDifference, clockText } from './clock-difference.ts';
import { fetchSpan, logDelayMsOf, logFinalEnd } from './fetch-span.ts';
import type { JournalAccess } from './journal-events.ts';
import { knownEvents, requireRetained } from './known-events.ts';
import { selectAccount, selectTypes, spanOf } from './request.ts';
import { clockTime } from './type-progress.ts';

export interface PreviewParts {
  accounts(): ReadonlyMap<string, XiqAccount>;
  access(): JournalAccess;
  readonly snapshot: boolean;
  readonly clock: Clock;
}

/** For the part of the span whose log is final. Rejects like the back-fill itself. */
export async function* previewBackfill(
  parts: PreviewParts,
  { source, from, to, messageTypes: named }: Parameters<Operations['previewBackfill']>[0],
  signal: AbortSignal,
): AsyncGenerator<BackfillLine> {
  const { clock, snapshot } = parts;
  const account = selectAccount(parts.accounts(), source);
  const { fromMs, toMs } = spanOf({ from, to }, clock.now());
  const access = parts.access();
  const difference = await clockDifference(access, account, signal);
  const { behindMs, aheadMs } = difference;
  await requireRetained(access.journal, fromMs - aheadMs, signal);
  const messageTypes = selectTypes(account, named);
  const known = knownEvents({ access, account, fromMs, toMs, messageTypes, aheadMs });
  for await (const { done, total } of known.catchUp(signal)) yield { kind: 'progress', done, total };
  const logDelayMs = logDelayMsOf(account, behindMs);
  const nowMs = clock.now();
  let missing = 0;
  for (const messageType of messageTypes) {
    const type = logOfMessageType(messageType);
    if (type === undefined) continue;
    const counts = { fetched: 0, known: 0 };
    const { api, reader } = account;
    for await (const chunk of fetchSpan({ api, reader, type, clock, signal, fromMs, toMs, logDelayMs })) {
      for await (const _ of known.catchUp(signal));
      counts.fetched += chunk.events.length;
      counts.known += chunk.events.length - known.missingOf(chunk.events).length;
      yield { kind: 'fetching', messageType, fetched: counts.fetched };
    }
    const here = counts.fetched - counts.known;
    missing += here;
    yield { kind: 'type', messageType, ...counts, missing: here };
  }
  const endMs = logFinalEnd(toMs, logDelayMs, nowMs);
  const notFinal = endMs < toMs ? `the log since ${clockTime(endMs)} is not final and was not read` : undefined;
  const notes = [clockText(difference), notFinal].filter((one) => one !== undefined);
  yield { kind: 'end', snapshot, missing, ...(notes.length > 0 && { note: notes.join('; ') }) };
}
