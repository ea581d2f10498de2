// Group commit: waiting appends share one write and one sync. `segmentFor` selects the segment.
import { ConnectorError } from '@xiq-siem/core';
import { errorText, isDiskFullError, isTransientWriteError } from './files.ts';
import { receiptOf } from './receipt.ts';
import { encodeRecord, maxRecordBytes, recordHeaderBytes, type SegmentHeader } from './segment-format.ts';
import type { SegmentWriter } from './segment-writer.ts';

interface LogWriterOptions {
  /** Most bytes of records in one write; a larger record is written alone. */
  readonly maxGroupBytes: number;
  /** Most bytes that wait in memory. */
  readonly maxPendingBytes: number;
  /** Returns the segment for a group of so many bytes. A rejection rejects the group and all waiting appends. */
  readonly segmentFor: (groupBytes: number) => Promise<SegmentWriter>;
  /** Called once a group is synced, before its receipts are returned. */
  readonly onSynced: (bytes: number, nextSequence: number) => void;
  /** Called when a group could not be stored. A writer that failed is not used again. */
  readonly onFailure: (error: ConnectorError) => void;
  /** Serializes writes of groups and other changes of segments. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  readonly nextSequence: () => number;
}

interface Waiting {
  readonly metadata: string;
  readonly payload: Uint8Array;
  /** Upper bound of the bytes of the record. */
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
    // All appends of one turn of the event loop share a group.
    setImmediate(startGroup);
  }

  function startGroup(): void {
    void options.exclusively(writeGroup).then(() => {
      scheduled = false;
      if (waiting.length > 0) return schedule();
      for (const resolve of idle) resolve();
      idle = [];
    });
  }

  async function writeGroup(): Promise<void> {
    const group = takeGroup();
    if (group.entries.length === 0) return;
    try {
      const segment = await options.segmentFor(group.bytes);
      const firstSequence = options.nextSequence();
      const bytes = encode(group.entries, group.bytes, segment.header, firstSequence);
      await segment.write(bytes);
      options.onSynced(bytes.length, firstSequence + group.entries.length);
      const { segmentId } = segment.header;
      for (const [index, entry] of group.entries.entries()) entry.resolve(receiptOf(segmentId, firstSequence + index));
    } catch (error) {
      const failure = asConnectorError(error);
      options.onFailure(failure);
      for (const entry of [...group.entries, ...waiting]) entry.reject(failure);
      waiting = [];
      waitingBytes = 0;
    }
  }

  function takeGroup(): { entries: Waiting[]; bytes: number } {
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

  /** `metadata` is JSON. `payload` must not change until the promise settles. Resolves with the receipt once synced. */
  function appendRecord(metadata: string, payload: Uint8Array): Promise<string> {
    // A UTF-16 unit becomes at most three bytes of UTF-8.
    const bytes = recordHeaderBytes + metadata.length * 3 + payload.length;
    if (bytes > maxRecordBytes) {
      const message = `a body of ${payload.length} bytes exceeds the largest journal record (${maxRecordBytes} bytes) and was rejected`;
      return Promise.reject(new ConnectorError('journal_record_too_large', message));
    }
    if (waitingBytes + bytes > options.maxPendingBytes) {
      const message = `the disk is too slow: ${waitingBytes} bytes wait to be written; try again later`;
      return Promise.reject(new ConnectorError('journal_overloaded', message));
    }
    return new Promise((resolve, reject) => {
      waiting.push({ metadata, payload, bytes, resolve, reject });
      waitingBytes += bytes;
      schedule();
    });
  }

  /** Resolves when no append waits. */
  async function waitUntilIdle(): Promise<void> {
    if (scheduled) await new Promise<void>((resolve) => idle.push(resolve));
  }
  return { append: appendRecord, waitUntilIdle };
}

/** The error of the appends that waited for a failed write. */
export function asConnectorError(error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const text = errorText(error);
  if (isDiskFullError(error)) {
    const message = `the disk of the journal is full (${text}): free disk space; the journal then resumes by itself`;
    return new ConnectorError('disk_full', message, { cause: error });
  }
  if (isTransientWriteError(error)) {
    const message = `the journal cannot be written now (${text}): make its disk writable, or raise the limit of open files; it then resumes by itself`;
    return new ConnectorError('journal_unwritable', message, { cause: error });
  }
  const message = `the journal could not be written (${text}): check the disk, then restart`;
  return new ConnectorError('journal_failed', message, { cause: error });
}
