// Finds the last webhook of each source at the end of the journal: the memory of a started connector has none.
import { lastBodies } from './journal-scan.ts';
import type { ReadModel } from './read-model.ts';

/** Read at every start and by `status` of a stopped connector: enough for days of heartbeats after the last webhook. */
const maxBodies = 1_000;
const maxBytes = 8_388_608;
const portion = { maxBodies: 64, maxBytes: 1_048_576 };
const never = new AbortController().signal;

/** Epoch milliseconds by source. A source is absent if its last webhook is not among the last bodies. */
export async function lastReceivedMs(journal: ReadModel['journal']): Promise<ReadonlyMap<string, number>> {
  const { first, next } = lastBodies(journal, maxBodies);
  let from = first;
  while (from < next && journal.bytesFrom(from) > maxBytes) from += Math.ceil((next - from) / 2);
  const received = new Map<string, number>();
  const reader = journal.reader(from, next - 1);
  try {
    for (;;) {
      const entries = await reader.read(portion, never);
      if (entries.length === 0) return received;
      for (const entry of entries) {
        if (entry.kind !== 'body' || entry.body.metadata.origin !== 'webhook') continue;
        received.set(entry.body.metadata.source, entry.body.metadata.receivedAtMs);
      }
    }
  } finally {
    await reader.close();
  }
}
