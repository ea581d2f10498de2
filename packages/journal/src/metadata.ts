// Encodes and decodes the metadata of a body in a record: a version and a fixed set of fields.
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

/** Copies the known fields only: other properties of the object are not stored. */
export function encodeMetadata(metadata: BodyMetadata): string {
  const { source, messageType, origin, receivedAtMs, contentType, remoteAddress } = metadata;
  return JSON.stringify({ v: version, source, messageType, origin, receivedAtMs, contentType, remoteAddress });
}

/** Undefined if the bytes are not a result of `encodeMetadata`. */
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
