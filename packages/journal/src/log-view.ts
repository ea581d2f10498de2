// All that can be asked of a log without changing it: of an open journal, and of a snapshot.
import type { BodyReader } from '@xiq-siem/core';
import { bodyReader } from './body-reader.ts';
import type { Files } from './files.ts';
import { findBody } from './find-body.ts';
import type { Journal } from './journal.ts';
import { logReader } from './log-reader.ts';
import type { LostLedger } from './lost-ledger.ts';
import type { SegmentSet } from './segment-set.ts';
import { sequenceAt } from './sequence-at.ts';

export type LogView = Pick<Journal, 'extent' | 'bytesFrom' | 'sequenceAt' | 'find' | 'reader' | 'lostSpans'>;

export interface LogViewOptions {
  readonly files: Files;
  readonly set: SegmentSet;
  readonly ledger: LostLedger;
  readonly isClosed: () => boolean;
  /** As `logReader` takes it. */
  readonly vanished?: () => Promise<void>;
}

export function logView({ files, set, ledger, isClosed, vanished }: LogViewOptions): LogView {
  function reader(fromSequence: number, toSequence: number, report: LostLedger['report']): BodyReader {
    return bodyReader({
      reader: logReader(files, set, fromSequence, vanished),
      ...{ set, fromSequence, toSequence, isClosed },
      // What was let go of was said when it was.
      lost: (span, damage) => {
        if (span.reason !== 'letGo') report(span, damage);
      },
    });
  }

  return {
    extent: () => ({ firstSequence: set.firstSequence(), nextSequence: set.nextSequence(), bytes: set.bytes() }),
    bytesFrom: set.bytesFrom,
    sequenceAt: (atMs, signal) => sequenceAt(atMs, signal, { files, set, vanished }),
    // Looking for one body finds the rest of a span only: who reads on says it whole.
    find: (receipt) => findBody(receipt, set, (from) => reader(from, Number.POSITIVE_INFINITY, () => undefined)),
    reader: (from, to = Number.POSITIVE_INFINITY) => reader(from, to, ledger.report),
    lostSpans: ledger.spans,
  };
}
