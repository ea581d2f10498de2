// The last requests to the REST API and what they were answered: what a client did, for a test to see.

export interface SeenRequest {
  /** Epoch ms by the cloud's clock. */
  readonly atMs: number;
  readonly method: string;
  /** With its query; never a header or a body. */
  readonly path: string;
  readonly status: number;
}

export interface RequestLog {
  add(request: SeenRequest): void;
  /** The last 1,000, oldest first. */
  list(): readonly SeenRequest[];
  clear(): void;
}

const maxRequests = 1000;

export function createRequestLog(): RequestLog {
  let seen: SeenRequest[] = [];
  return {
    add(request) {
      seen.push(request);
      if (seen.length > 2 * maxRequests) seen = seen.slice(-maxRequests);
    },
    list: () => seen.slice(-maxRequests),
    clear() {
      seen = [];
    },
  };
}
