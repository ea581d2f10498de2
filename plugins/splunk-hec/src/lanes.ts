// Envelopes in parts: those of one lane, and those of one request.
import type { Envelope } from './envelope.ts';

export type Envelopes = readonly Envelope[];

/** Those that share token and index: one request, so that a refused token or index refuses all of it. */
export function lanesOf(envelopes: Envelopes): readonly Envelopes[] {
  const byToken = groups(envelopes, ({ route }) => route.token);
  return byToken.flatMap((part) => groups(part, ({ route }) => route.index));
}

export function bySourcetype(envelopes: Envelopes): readonly Envelopes[] {
  return groups(envelopes, ({ route }) => route.sourcetype);
}

/** As many from the front as fit into `maxBytes`, at least one. */
export function firstBytes(envelopes: Envelopes, maxBytes: number): Envelopes {
  let bytes = 0;
  const end = envelopes.findIndex((envelope, at) => {
    bytes += envelope.bytes;
    return at > 0 && bytes > maxBytes;
  });
  return end < 0 ? envelopes : envelopes.slice(0, end);
}

function groups(envelopes: Envelopes, key: (envelope: Envelope) => unknown): readonly Envelopes[] {
  return [...Map.groupBy(envelopes, key).values()];
}
