// Records the last requests to the REST API and their status, for tests.

export interface LoggedRequest {
  /** Epoch ms by the cloud's clock. */
  readonly atMs: number;
  readonly method: string;
  /** With its query, without headers and body. */
  readonly path: string;
  readonly status: number;
}

export interface RequestLog {
  add(request: LoggedRequest): void;
  /** The last 1,000, oldest first. */
  list(): readonly LoggedRequest[];
  clear(): void;
}

const maxRequests = 1000;

export function createRequestLog(): RequestLog {
  let logged: LoggedRequest[] = [];
  return {
    add(request) {
      logged.push(request);
      if (logged.length > 2 * maxRequests) logged = logged.slice(-maxRequests);
    },
    list: () => logged.slice(-maxRequests),
    clear() {
      logged = [];
    },
  };
}
