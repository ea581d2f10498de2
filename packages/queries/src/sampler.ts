// Samples rates, free disk space and the progress history every five seconds.
import { statfs } from 'node:fs/promises';
import type { BodyLog } from '@xiq-siem/core';
import type { Delivery } from '@xiq-siem/delivery';
import type { ProgressHistory } from '@xiq-siem/state';
import { createRates } from './rates.ts';

interface SamplerParts {
  readonly journal: Pick<BodyLog, 'extent' | 'countBodies'>;
  readonly delivery: Pick<Delivery, 'status'>;
  readonly progressHistory: ProgressHistory;
  /** The data directory. */
  readonly directory: string;
  /** Bytes of the bodies received since the start. */
  receivedBytes(): number;
  readonly now: () => number;
}

const everyMs = 5_000;

export function startSampler({ journal, delivery, progressHistory, directory, receivedBytes, now }: SamplerParts) {
  const rates = createRates();
  let freeBytes: number | undefined;
  let bodies = 0;
  let next = journal.extent().nextSequence;
  /** Called by the timer, and by tests. */
  async function sample(): Promise<void> {
    const disk = await statfs(directory).catch(() => undefined);
    freeBytes = disk && disk.bavail * disk.bsize;
    const atMs = now();
    const streams = delivery.status();
    const settled = streams.map(({ name, settledSinceStart }): [string, number] => [name, settledSinceStart]);
    const { nextSequence } = journal.extent();
    bodies += journal.countBodies(next, nextSequence - 1);
    next = nextSequence;
    rates.add({ atMs, bodies, bytes: receivedBytes(), settled: new Map(settled) });
    await progressHistory.add(new Map(streams.map(({ name, sequence }) => [name, { sequence, atMs }])));
  }
  const timer = setInterval(() => void sample(), everyMs);
  timer.unref();
  return {
    rates,
    /** Of the data directory's disk; undefined before the first sample. */
    freeBytes: () => freeBytes,
    sample,
    stop: () => clearInterval(timer),
  };
}
