// A body's metadata as it stands in a record: a version and a closed set of fields.
import type { BodyMetadata } from '@xiq-siem/core';
import { z } from 'zod';

const version = 1;

const stored = z.strictObject({
  v: z.literal(version),
  source: z.string(),
  messageType: z.string().optional(),
  origin: z.enum(['webhook', 'rest', 'self']),
  receivedAtMs: z.number(),
  contentType: z.string().optional(),
  remoteAddress: z.string().optional(),
});

/** Field by field: what a caller's object holds beside them does not get to the disk. */
export function encodeMetadata(metadata: BodyMetadata): string {
  const { source, messageType, origin, receivedAtMs, contentType, remoteAddress } = metadata;
  return JSON.stringify({ v: version, source, messageType, origin, receivedAtMs, contentType, remoteAddress });
}

/** Undefined where the bytes are not what `encodeMetadata` makes. */
export function decodeMetadata(bytes: Buffer): BodyMetadata | undefined {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  const result = stored.safeParse(value);
  if (!result.success) return undefined;
  const { v: _, ...metadata } = result.data;
  return metadata;
}
