// A body as it was received and kept: the unit of the log.

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

/** A body out of the log: durable, checked, in the order of its sequence. */
export interface StoredBody {
  /** An integer of 1 or more that rises from body to body within a log; numbers may be left out. */
  readonly sequence: number;
  /** What the sender was answered. Opaque: only the log that gave it can read it. */
  readonly receipt: string;
  readonly metadata: BodyMetadata;
  /** The decoded (not: parsed) bytes of the request. */
  readonly bytes: Uint8Array;
}
