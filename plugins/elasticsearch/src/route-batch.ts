// Which data stream each event of a batch goes to, and which events are not sent at all.
import type { BatchItem, ItemVerdict } from '@xiq-siem/core';
import type { Routed } from './bulk-request.ts';
import type { FaultCode } from './fault-codes.ts';
import type { ServerFault } from './server-fault.ts';
import { streamOf } from './stream-name.ts';
import type { TemplateGate } from './template-gate.ts';

export type Route =
  | { readonly ok: true; readonly routed: readonly Routed[]; readonly kept: readonly ItemVerdict<FaultCode>[] }
  | { readonly ok: false; readonly fault: ServerFault };

/** `gate` holds the events of data streams back for which our template is not in force; without one none is held. */
export async function routeBatch(
  items: readonly BatchItem[],
  gate: TemplateGate | undefined,
  signal: AbortSignal,
): Promise<Route> {
  const kept: ItemVerdict<FaultCode>[] = [];
  const named: Routed[] = [];
  for (const item of items) {
    const stream = streamOf(item);
    if (stream !== undefined) named.push({ item, stream });
    else {
      const message = 'data set or namespace: expected a-z, 0-9, _ and ., at most 100 characters';
      kept.push({ index: item.index, verdict: 'rejected', code: 'bad_stream_name', message });
    }
  }
  if (gate === undefined || named.length === 0) return { ok: true, routed: named, kept };

  const answer = await gate.faults(new Set(named.map(({ stream }) => stream)), signal);
  if (!answer.ok) return answer;
  if (answer.everywhere !== undefined) return { ok: false, fault: { ...answer.everywhere, mayBeTaken: false } };
  const routed = named.filter(({ item, stream }) => {
    const fault = answer.faults.get(stream);
    if (fault !== undefined) kept.push({ index: item.index, verdict: 'held', ...fault });
    return fault === undefined;
  });
  return { ok: true, routed, kept };
}
