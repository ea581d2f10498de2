// Reads a request's body within bounds: the body's own, and the budget that all connections share.
import type { IncomingMessage } from 'node:http';

/** Bytes that all requests in flight may hold together. */
export interface ByteBudget {
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export function byteBudget(maxBytes: number): ByteBudget {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > maxBytes) return false;
      taken += bytes;
      return true;
    },
    give(bytes) {
      taken -= bytes;
    },
  };
}

export type BodyResult =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'aborted' };

/**
 * Reads up to `maxBytes`. Of what comes beyond, as much again is read and thrown away, so that a client that sends
 * first and listens then gets its answer rather than a reset. The bytes taken from `budget` are the caller's to give back.
 */
export function readBody(incoming: IncomingMessage, maxBytes: number, budget: ByteBudget): Promise<BodyResult> {
  const declared = Number(incoming.headers['content-length'] ?? 0);
  if (declared > 2 * maxBytes) return Promise.resolve({ kind: 'tooLarge' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let blocked = 0;
    let refused: 'tooLarge' | 'overloaded' | undefined;
    let ended = false;

    // The listeners stay: they end with the request, and taking them off costs as much as reading a small body.
    const end = (result: BodyResult): void => {
      if (ended) return;
      ended = true;
      if (result.kind !== 'whole') budget.give(blocked);
      resolve(result);
    };
    const refuse = (kind: 'tooLarge' | 'overloaded'): void => {
      refused = kind;
      chunks.length = 0;
      budget.give(blocked);
      blocked = 0;
    };
    incoming.on('data', (chunk: Buffer) => {
      if (ended) return;
      size += chunk.length;
      if (refused === undefined) {
        if (size > maxBytes) refuse('tooLarge');
        else if (!budget.take(chunk.length)) refuse('overloaded');
        else {
          blocked += chunk.length;
          chunks.push(chunk);
        }
      }
      if (refused !== undefined && size > 2 * maxBytes) end({ kind: refused });
    });
    incoming.on('end', () => {
      const [only] = chunks;
      if (refused !== undefined) end({ kind: refused });
      else end({ kind: 'whole', bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks) });
    });
    // Without a listener for it, node emits no error of a request that was cut off; its close tells as much.
    incoming.on('close', () => end({ kind: 'aborted' }));
  });
}
