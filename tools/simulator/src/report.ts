// Counts the responses and reports a summary.
import type { GeneratedBody } from './body-writer.ts';
import { createLatencies } from './latency.ts';
import type { PostResponse } from './post.ts';

export interface Summary {
  /** Whether at least one body was sent, and every response was 202. */
  readonly ok: boolean;
  readonly bodies: number;
  readonly events: number;
  readonly bytes: number;
  /** Bodies by HTTP status, or by an error code where there is no response. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Number of 202 responses with a receipt. */
  readonly receipts: number;
  readonly lastReceipt: string | undefined;
  /** The first response other than 202, truncated. */
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
    add: function addResponse({ body, events }, response, latencyMs) {
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

/** The receipt of a 202 response; undefined where the body contains none. */
export function receiptOf(response: PostResponse): string | undefined {
  if (response.status !== 202) return undefined;
  try {
    const { receipt } = Object(JSON.parse(response.text));
    return typeof receipt === 'string' ? receipt : undefined;
  } catch {
    return undefined;
  }
}

/** The summary as text. */
export function summaryText(summary: Summary): string {
  const { bodies, events, bytes, statuses, receipts, lastReceipt, firstFailure, seconds, latencyMs } = summary;
  const rate = seconds > 0 ? Math.round(events / seconds) : 0;
  const lines = [
    `sent      ${bodies} bodies, ${events} events, ${bytes} bytes in ${seconds} s (${rate} events/s)`,
    `responses ${
      Object.entries(statuses)
        .map(([status, count]) => `${status}: ${count}`)
        .join(', ') || 'none'
    }`,
    `receipts  ${receipts}${lastReceipt === undefined ? '' : `, last ${lastReceipt}`}`,
    `latency   p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms`,
  ];
  if (firstFailure !== undefined) lines.push(`failure   first: ${firstFailure}`);
  return lines.join('\n');
}
