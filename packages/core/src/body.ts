// A body: the decoded bytes of one request, stored as one record of the log.

/** `webhook`: a sender posted the body. `rest`: a back-fill fetched it. `self`: the connector created it. */
export type Origin = 'webhook' | 'rest' | 'self';

/** Everything that is stored of a request beside its bytes. No field may contain a secret, so headers are not stored. */
export interface BodyMetadata {
  /** Name of the source in the configuration. */
  readonly source: string;
  /** Message type in the URL; undefined at the URL without one. */
  readonly messageType?: string | undefined;
  readonly origin: Origin;
  /** Epoch milliseconds. */
  readonly receivedAtMs: number;
  readonly contentType?: string | undefined;
  readonly remoteAddress?: string | undefined;
}

/** A body that was read from the log. */
export interface StoredBody {
  /** An integer of 1 or more. It increases from body to body in a log, and may skip numbers. */
  readonly sequence: number;
  /** The id in the 202 response. Opaque: only the log that issued it can interpret it. */
  readonly receipt: string;
  readonly metadata: BodyMetadata;
  /** The request body after decompression. */
  readonly bytes: Uint8Array;
}
