// A body as it was received and kept: the unit of the journal.

/** Where a body came from: pushed to us, fetched by us, or made by us about ourselves. */
export type Origin = 'webhook' | 'rest' | 'self';

/** All that is ever kept of a request beside its bytes. Closed on purpose: a secret has no field to get in by. */
export interface BodyMetadata {
  /** Name of the source in the configuration. */
  readonly source: string;
  /** The message type that the URL named, or none at the catch-all URL. */
  readonly messageType?: string | undefined;
  readonly origin: Origin;
  /** Epoch milliseconds. */
  readonly receivedAtMs: number;
  readonly contentType?: string | undefined;
  readonly remoteAddress?: string | undefined;
}

/** A body out of the journal: synced to disk, CRC-checked, in the order of its sequence. */
export interface KeptBody {
  /** Rises by one from body to body within a journal. */
  readonly sequence: number;
  /** `r1_` + base64url(segment id, sequence): what the sender was answered. */
  readonly receipt: string;
  readonly metadata: BodyMetadata;
  /** The decoded (not: parsed) bytes of the request. */
  readonly bytes: Uint8Array;
}
