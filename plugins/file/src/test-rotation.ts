// For tests: delivers batches without a pause while another program rotates the files, and finds every event again.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Destination } from '@xiq-siem/core';
import { z } from 'zod';
import { batchOf, noSignal } from './test-context.ts';

const eventsPerBatch = 7;

/**
 * Delivers until `rotate` resolves (`nextDelivery` resolves after the next batch), and sends a batch again until it is delivered, as the connector does. Resolves with the
 * ids of all delivered events.
 */
export async function deliverDuring(
  destination: Destination,
  rotate: (nextDelivery: () => Promise<void>) => Promise<void>,
): Promise<readonly string[]> {
  let rotating = true;
  let delivered = Promise.withResolvers<void>();
  const rotated = rotate(() => delivered.promise).finally(() => {
    rotating = false;
  });
  const ids: string[] = [];
  while (rotating) {
    const batch = Array.from({ length: eventsPerBatch }, (_, index) => `e${ids.length + index}`);
    // A rotation hits only a few attempts in a row.
    for (let attempt = 1; !(await isDelivered(destination, batch)); attempt++) {
      if (attempt === 100) throw new Error('not delivered in 100 attempts');
    }
    ids.push(...batch);
    delivered.resolve();
    delivered = Promise.withResolvers();
  }
  await rotated;
  await destination.close?.();
  return ids;
}

async function isDelivered(destination: Destination, ids: readonly string[]): Promise<boolean> {
  const report = await destination.deliver(batchOf(ids, 200), noSignal);
  return 'items' in report && report.items.every(({ verdict }) => verdict === 'delivered');
}

export interface Found {
  readonly ids: ReadonlySet<string>;
  /** Lines beyond the first of each event. */
  readonly copies: number;
  /** Lines that are not JSON: a copy may end within a line. */
  readonly torn: number;
}

const line = z.object({ event: z.object({ id: z.string() }) });

/** Every event in every file below `directory`, also in compressed ones. */
export async function eventsBelow(directory: string): Promise<Found> {
  const ids = new Set<string>();
  let copies = 0;
  let torn = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.includes('.ndjson')) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    const text = (entry.name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    for (const json of text.split('\n')) {
      if (json === '') continue;
      const id = idOf(json);
      if (id === undefined) torn += 1;
      else if (ids.has(id)) copies += 1;
      else ids.add(id);
    }
  }
  return { ids, copies, torn };
}

function idOf(json: string): string | undefined {
  try {
    return line.parse(JSON.parse(json)).event.id;
  } catch {
    return undefined;
  }
}
