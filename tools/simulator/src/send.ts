// Sends bodies at a rate over several connections and counts the responses. Nothing is retried.
import { setTimeout as sleep } from 'node:timers/promises';
import type { GeneratedBody } from './body-writer.ts';
import type { Poster } from './post.ts';
import type { ReceiptFile } from './receipts.ts';
import { type Report, receiptOf } from './report.ts';

export interface SendOptions {
  readonly url: URL;
  /** Whether the message type is added to the URL's path. */
  readonly typedPath: boolean;
  /** Bodies in flight at once. */
  readonly connections: number;
  /** Events per second; 0: at the maximum rate. */
  readonly rate: number;
  readonly receipts?: ReceiptFile | undefined;
}

const maxTimerMs = 2 ** 31 - 1;

/** Resolves when every body has a response, or after `signal` when no body is in flight. */
export async function sendBodies(
  bodies: Iterable<GeneratedBody>,
  poster: Poster,
  report: Report,
  options: SendOptions,
  signal: AbortSignal,
): Promise<void> {
  const startMs = performance.now();
  let startedEvents = 0;

  async function sendAll(own: Iterator<GeneratedBody>): Promise<void> {
    for (let next = own.next(); next.done !== true && !signal.aborted; next = own.next()) {
      const waitMs = options.rate === 0 ? 0 : startMs + (startedEvents / options.rate) * 1000 - performance.now();
      startedEvents += next.value.events;
      if (waitMs > 0 && (await interrupted(waitMs, signal))) return;
      await sendOne(next.value);
    }
  }

  async function sendOne(body: GeneratedBody): Promise<void> {
    const startedMs = performance.now();
    const response = await poster.post(urlOf(options, body.messageType), body.body, body.contentType);
    report.add(body, response, performance.now() - startedMs);
    const receipt = receiptOf(response);
    if (receipt !== undefined) options.receipts?.add(receipt, body);
  }

  // All connections share one iterator, so that each body is sent once.
  const shared = bodies[Symbol.iterator]();
  await Promise.all(Array.from({ length: options.connections }, () => sendAll(shared)));
}

function urlOf({ url, typedPath }: SendOptions, messageType: string): URL {
  if (!typedPath) return url;
  const typed = new URL(url);
  typed.pathname = `${typed.pathname.replace(/\/$/, '')}/${messageType}`;
  return typed;
}

/** Waits; true where the signal ended the wait. */
async function interrupted(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(Math.min(ms, maxTimerMs), false, { signal }).catch(() => true);
}
