// Group commit: all who wait share one write and one sync; the segment they go to is the matter of `begin`.
import { ConnectorError } from '@xiq-siem/core';
import { errorText, isTransientWriteError } from './files.ts';
import { receiptOf } from './receipt.ts';
import { encodeRecord, maxRecordBytes, recordHeaderBytes, type SegmentHeader } from './segment-format.ts';
import type { SegmentWriter } from './segment-writer.ts';

interface LogWriterOptions {
  /** Bytes of records that one write takes at most; a single larger record goes alone. */
  readonly maxGroupBytes: number;
  /** Bytes that may wait in memory. */
  readonly maxPendingBytes: number;
  /** The segment for a group of so many bytes, ready to be written. A rejection refuses the group and all who wait. */
  readonly begin: (groupBytes: number) => Promise<SegmentWriter>;
  /** Called once a group is synced, before its receipts are given. */
  readonly synced: (bytes: number, nextSequence: number) => void;
  /** Called when a group could not be kept. No writer that failed is used again. */
  readonly failed: (error: ConnectorError) => void;
  /** Runs one thing after the other: a group, or what else touches the segments. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  readonly nextSequence: () => number;
}

interface Waiting {
  readonly metadata: string;
  readonly payload: Uint8Array;
  /** An upper bound of the record's bytes. */
  readonly bytes: number;
  readonly resolve: (receipt: string) => void;
  readonly reject: (error: ConnectorError) => void;
}

export function logWriter(options: LogWriterOptions) {
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let scheduled = false;
  let buffer = Buffer.allocUnsafe(256 * 1024);
  let idle: (() => void)[] = [];

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    // A turn of the event loop, so that all who append in this turn share the group.
    setImmediate(run);
  }

  function run(): void {
    void options.exclusively(writeGroup).then(() => {
      scheduled = false;
      if (waiting.length > 0) return schedule();
      for (const resolve of idle) resolve();
      idle = [];
    });
  }

  async function writeGroup(): Promise<void> {
    const group = take();
    if (group.entries.length === 0) return;
    try {
      const segment = await options.begin(group.bytes);
      const firstSequence = options.nextSequence();
      const bytes = encode(group.entries, group.bytes, segment.header, firstSequence);
      await segment.write(bytes);
      options.synced(bytes.length, firstSequence + group.entries.length);
      const { segmentId } = segment.header;
      for (const [index, entry] of group.entries.entries()) entry.resolve(receiptOf(segmentId, firstSequence + index));
    } catch (error) {
      const failure = asConnectorError(error);
      options.failed(failure);
      for (const entry of [...group.entries, ...waiting]) entry.reject(failure);
      waiting = [];
      waitingBytes = 0;
    }
  }

  function take(): { entries: Waiting[]; bytes: number } {
    let bytes = 0;
    let count = 0;
    for (const entry of waiting) {
      if (count > 0 && bytes + entry.bytes > options.maxGroupBytes) break;
      bytes += entry.bytes;
      count += 1;
    }
    const entries = count === waiting.length ? waiting : waiting.slice(0, count);
    waiting = count === waiting.length ? [] : waiting.slice(count);
    waitingBytes -= bytes;
    return { entries, bytes };
  }

  function encode(entries: Waiting[], bound: number, header: SegmentHeader, firstSequence: number): Buffer {
    if (buffer.length < bound) buffer = Buffer.allocUnsafe(bound);
    let at = 0;
    let sequence = firstSequence;
    for (const { metadata, payload } of entries) {
      at = encodeRecord(buffer, at, header, sequence, metadata, payload);
      sequence += 1;
    }
    return buffer.subarray(0, at);
  }

  return {
    /** `metadata` is JSON text. `payload` must not change until the promise settles. Resolves with the receipt once synced. */
    append(metadata: string, payload: Uint8Array): Promise<string> {
      // A UTF-16 unit becomes at most three bytes of UTF-8.
      const bytes = recordHeaderBytes + metadata.length * 3 + payload.length;
      if (bytes > maxRecordBytes) {
        const message = `a body of ${payload.length} bytes is more than a journal record holds (${maxRecordBytes}): it was refused`;
        return Promise.reject(new ConnectorError('journal_record_too_large', message));
      }
      if (waitingBytes + bytes > options.maxPendingBytes) {
        const message = `the disk is slower than what comes in: ${waitingBytes} bytes wait to be written; try again later`;
        return Promise.reject(new ConnectorError('journal_full', message));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ metadata, payload, bytes, resolve, reject });
        waitingBytes += bytes;
        schedule();
      });
    },
    /** Resolves when nothing waits any more. */
    async drained(): Promise<void> {
      if (scheduled) await new Promise<void>((resolve) => idle.push(resolve));
    },
  };
}

/** What a failed write means to those who wait for it. */
export function asConnectorError(error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const text = errorText(error);
  if (isTransientWriteError(error)) {
    const message = `the journal cannot be written now (${text}): free space on its disk or make it writable; it then resumes by itself`;
    return new ConnectorError('journal_full', message, { cause: error });
  }
  const message = `the journal could not be written (${text}): check the disk, then restart`;
  return new ConnectorError('journal_failed', message, { cause: error });
}
