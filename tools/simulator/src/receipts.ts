// Appends received receipts to a file, as JSON lines.
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { GeneratedBody } from './body-writer.ts';

export interface ReceiptFile {
  /** Synchronous, so that the line is written even where the process is killed next. */
  add(receipt: string, body: GeneratedBody): void;
  close(): void;
}

/** Appends to the file and creates it where missing. Throws the system's error. */
export function openReceiptFile(path: string): ReceiptFile {
  const file = openSync(path, 'a', 0o600);
  return {
    add: function addReceipt(receipt, { messageType, events, body }) {
      const sha256 = createHash('sha256').update(body).digest('hex');
      writeSync(file, `${JSON.stringify({ receipt, messageType, events, sha256 })}\n`);
    },
    close: () => closeSync(file),
  };
}
