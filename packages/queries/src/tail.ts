// `tail`: live documents, read beside the pipeline. Bodies are skipped where the client is too slow.
import type { TailLine, Where } from '@xiq-siem/admin-api';
import { z } from 'zod';
import { eventFilter } from './event-filter.ts';
import type { ReadModel } from './read-model.ts';

const portion = { maxBodies: 32, maxBytes: 1_048_576 };
/** A tail that is further behind skips bodies, and reports their number. */
const maxBehind = 512;
const waitingEveryMs = 15_000;
const plainObject = z.record(z.string(), z.unknown());

/** Starts at the end of the journal and ends when the signal fires. */
export async function* tail(readModel: ReadModel, where: Where, signal: AbortSignal): AsyncGenerator<TailLine> {
  const { journal, normalize, yieldNow, snapshot } = readModel;
  const wanted = eventFilter(where);
  let next = journal.extent().nextSequence;
  let reader = journal.reader(next);
  yield { kind: 'waiting', snapshot };
  try {
    while (!signal.aborted) {
      const entries = await reader.read(portion, AbortSignal.any([signal, AbortSignal.timeout(waitingEveryMs)]));
      if (entries.length === 0 && !signal.aborted) yield { kind: 'waiting', snapshot };
      for (const entry of entries) {
        if (entry.kind === 'lost') {
          next = entry.span.toSequence + 1;
          continue;
        }
        const { body } = entry;
        next = body.sequence + 1;
        for (const event of normalize(body)) {
          await yieldNow();
          if (signal.aborted) return;
          const source = body.metadata.source;
          if (wanted(event, source)) yield { kind: 'document', source, document: plainObject.parse(event.document) };
        }
      }
      const behind = journal.countBodies(next);
      if (behind <= maxBehind) continue;
      yield { kind: 'skipped', bodies: behind };
      await reader.close();
      next = journal.extent().nextSequence;
      reader = journal.reader(next);
    }
  } finally {
    await reader.close();
  }
}
