// Reads a request body within two limits: the size of one body, and a budget shared by all connections.
import type { IncomingMessage } from 'node:http';

/** Limit on the bytes of all requests in flight together. */
export interface ByteBudget {
  /** False where the budget is exhausted. */
  reserve(bytes: number): boolean;
  release(bytes: number): void;
}

export function byteBudget(maxBytes: number): ByteBudget {
  let reserved = 0;
  return {
    reserve(bytes) {
      if (reserved + bytes > maxBytes) return false;
      reserved += bytes;
      return true;
    },
    release(bytes) {
      reserved -= bytes;
    },
  };
}

export type BodyResult =
  | { readonly kind: 'complete'; readonly bytes: Buffer }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'aborted' };

/**
 * Reads up to `maxBytes`. Up to `maxBytes` more are read and discarded: a client that reads only after sending then gets
 * a response rather than a reset. The caller releases the bytes of a complete body to `budget`.
 */
export function readBody(incoming: IncomingMessage, maxBytes: number, budget: ByteBudget): Promise<BodyResult> {
  const declared = Number(incoming.headers['content-length'] ?? 0);
  if (declared > 2 * maxBytes) return Promise.resolve({ kind: 'tooLarge' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let buffered = 0;
    let refused: 'tooLarge' | 'overloaded' | undefined;
    let ended = false;

    // The listeners are not removed: that costs as much as reading a small body, and they end with the request.
    const end = (result: BodyResult): void => {
      if (ended) return;
      ended = true;
      if (result.kind !== 'complete') budget.release(buffered);
      resolve(result);
    };
    const refuse = (kind: 'tooLarge' | 'overloaded'): void => {
      refused = kind;
      chunks.length = 0;
      budget.release(buffered);
      buffered = 0;
    };
    incoming.on('data', (chunk: Buffer) => {
      if (ended) return;
      size += chunk.length;
      if (refused === undefined) {
        if (size > maxBytes) refuse('tooLarge');
        else if (!budget.reserve(chunk.length)) refuse('overloaded');
        else {
          buffered += chunk.length;
          chunks.push(chunk);
        }
      }
      if (refused !== undefined && size > 2 * maxBytes) end({ kind: refused });
    });
    incoming.on('end', () => {
      const [only] = chunks;
      if (refused !== undefined) end({ kind: refused });
      else end({ kind: 'complete', bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks) });
    });
    // Where a request is cut off, node emits 'close' even without an 'error' listener.
    incoming.on('close', () => end({ kind: 'aborted' }));
  });
}
