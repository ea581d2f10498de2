// Encodes and parses receipts. A receipt names a segment and a sequence, so that a body is found without an index.

const prefix = 'r1_';
const pattern = /^r1_[A-Za-z0-9_-]{22}$/;
/** Buffer for encoding. */
const bytes = Buffer.alloc(16);

/** `r1_` + base64url(segment id (8 bytes), sequence (u64, big-endian)). */
export function receiptOf(segmentId: string, sequence: number): string {
  bytes.write(segmentId, 0, 'hex');
  bytes.writeUInt32BE(Math.floor(sequence / 0x1_0000_0000), 8);
  bytes.writeUInt32BE(sequence % 0x1_0000_0000, 12);
  return prefix + bytes.toString('base64url');
}

/** The segment id and sequence of a receipt; undefined if the text is not a receipt. */
export function parseReceipt(text: string): { readonly segmentId: string; readonly sequence: number } | undefined {
  if (!pattern.test(text)) return undefined;
  const named = Buffer.from(text.slice(prefix.length), 'base64url');
  const sequence = Number(named.readBigUInt64BE(8));
  const segmentId = named.toString('hex', 0, 8);
  if (!Number.isSafeInteger(sequence) || receiptOf(segmentId, sequence) !== text) return undefined;
  return { segmentId, sequence };
}
