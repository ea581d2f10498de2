// What was answered: counted while it runs, said at the end.
import type { GeneratedBody } from './bodies.ts';
import { createLatencies } from './latency.ts';
import type { PostResponse } from './post.ts';

export interface Summary {
  /** Whether there was a body at all, and each was answered 202. */
  readonly ok: boolean;
  readonly bodies: number;
  readonly events: number;
  readonly bytes: number;
  /** Bodies by HTTP status, or by the code of the failure where no answer came. */
  readonly statuses: Readonly<Record<string, number>>;
  /** 202 answers that held a receipt. */
  readonly receipts: number;
  readonly lastReceipt: string | undefined;
  /** The first answer that was no 202, cut short. */
  readonly firstFailure: string | undefined;
  readonly seconds: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

export interface Report {
  add(body: GeneratedBody, response: PostResponse, latencyMs: number): void;
  summary(): Summary;
}

export function createReport(): Report {
  const startedMs = performance.now();
  const statuses: Record<string, number> = {};
  const latencies = createLatencies();
  const sum = { bodies: 0, events: 0, bytes: 0, receipts: 0 };
  let lastReceipt: string | undefined;
  let firstFailure: string | undefined;

  return {
    add({ body, events }, response, latencyMs) {
      sum.bodies += 1;
      sum.events += events;
      sum.bytes += body.length;
      statuses[response.status] = (statuses[response.status] ?? 0) + 1;
      latencies.add(latencyMs);
      const receipt = receiptOf(response);
      if (receipt !== undefined) {
        sum.receipts += 1;
        lastReceipt = receipt;
      }
      if (response.status !== 202) firstFailure ??= `${response.status}: ${response.text.trim().slice(0, 200)}`;
    },
    summary: () => ({
      ok: sum.bodies > 0 && statuses[202] === sum.bodies,
      ...sum,
      statuses: { ...statuses },
      lastReceipt,
      firstFailure,
      seconds: Number(((performance.now() - startedMs) / 1000).toFixed(3)),
      latencyMs: { p50: latencies.percentile(50), p99: latencies.percentile(99) },
    }),
  };
}

/** The receipt of a 202 answer; none where the body does not hold one. */
export function receiptOf(response: PostResponse): string | undefined {
  if (response.status !== 202) return undefined;
  try {
    const { receipt } = Object(JSON.parse(response.text));
    return typeof receipt === 'string' ? receipt : undefined;
  } catch {
    return undefined;
  }
}

/** The summary for a person. */
export function summaryText(summary: Summary): string {
  const { bodies, events, bytes, statuses, receipts, lastReceipt, firstFailure, seconds, latencyMs } = summary;
  const rate = seconds > 0 ? Math.round(events / seconds) : 0;
  const lines = [
    `sent      ${bodies} bodies, ${events} events, ${bytes} bytes in ${seconds} s (${rate} events/s)`,
    `answered  ${
      Object.entries(statuses)
        .map(([status, count]) => `${status}: ${count}`)
        .join(', ') || 'nothing'
    }`,
    `receipts  ${receipts}${lastReceipt === undefined ? '' : `, the last ${lastReceipt}`}`,
    `latency   p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms`,
  ];
  if (firstFailure !== undefined) lines.push(`failure   the first: ${firstFailure}`);
  return lines.join('\n');
}
