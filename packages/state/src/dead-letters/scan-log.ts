// Reads the whole log once, when it is opened: portion by portion, giving way to other work between them.
import { setImmediate } from 'node:timers/promises';
import type { BodyReader, Logger } from '@xiq-siem/core';
import type { JournalExtent } from '@xiq-siem/journal';
import { type DeadLetterState, deadLetterState } from './dead-letter-state.ts';
import { decodeRecord } from './records.ts';

/** What both a journal and a snapshot of one are. */
export interface ReadableLog {
  reader(fromSequence: number, toSequence?: number): BodyReader;
  extent(): JournalExtent;
}

export interface ScannedLog {
  readonly state: DeadLetterState;
  /** Records that are none of ours, or not whole. */
  readonly unreadable: number;
}

const portion = { maxBodies: 256, maxBytes: 4 * 1024 * 1024 };
const never = new AbortController().signal;

export async function scanLog(source: ReadableLog, log: Logger): Promise<ScannedLog> {
  const state = deadLetterState();
  const { firstSequence, nextSequence } = source.extent();
  const reader = source.reader(firstSequence, nextSequence - 1);
  let unreadable = 0;
  let next = firstSequence;
  try {
    while (next < nextSequence) {
      const entries = await reader.read(portion, never);
      if (entries.length === 0) break;
      for (const entry of entries) {
        if (entry.kind === 'lost') {
          next = entry.span.toSequence + 1;
          continue;
        }
        const { sequence, bytes } = entry.body;
        next = sequence + 1;
        const record = decodeRecord(bytes);
        if (record === undefined) unreadable += 1;
        else state.apply(record, sequence, bytes.length);
      }
      await setImmediate();
    }
  } finally {
    await reader.close();
  }
  if (unreadable > 0) log.warn('dead_letters.unreadable', { records: unreadable });
  return { state, unreadable };
}
