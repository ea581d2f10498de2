// Samples what only time shows: how fast bodies come and go, and how far a destination had come at which time.
import { statfs } from 'node:fs/promises';
import type { Log } from '@xiq-siem/core';
import type { Delivery } from '@xiq-siem/delivery';
import type { ProgressHistory } from '@xiq-siem/state';
import { createPace } from './pace.ts';

interface SamplerParts {
  readonly journal: Pick<Log, 'extent' | 'countBodies'>;
  readonly delivery: Pick<Delivery, 'status'>;
  readonly progressHistory: ProgressHistory;
  /** The data directory. */
  readonly directory: string;
  /** Bytes of bodies received since the start. */
  receivedBytes(): number;
  readonly now: () => number;
}

const everyMs = 5_000;

export function startSampler({ journal, delivery, progressHistory, directory, receivedBytes, now }: SamplerParts) {
  const pace = createPace();
  let freeBytes: number | undefined;
  let bodies = 0;
  let next = journal.extent().nextSequence;
  /** Called by its own timer, and by tests. */
  async function sample(): Promise<void> {
    const disk = await statfs(directory).catch(() => undefined);
    freeBytes = disk && disk.bavail * disk.bsize;
    const atMs = now();
    const streams = delivery.status();
    const settled = streams.map(({ name, settledSinceStart }): [string, number] => [name, settledSinceStart]);
    const { nextSequence } = journal.extent();
    bodies += journal.countBodies(next, nextSequence - 1);
    next = nextSequence;
    pace.add({ atMs, bodies, bytes: receivedBytes(), settled: new Map(settled) });
    await progressHistory.add(new Map(streams.map(({ name, sequence }) => [name, { sequence, atMs }])));
  }
  const timer = setInterval(() => void sample(), everyMs);
  timer.unref();
  return {
    pace,
    /** Of the data directory's disk; undefined before the first sample. */
    freeBytes: () => freeBytes,
    sample,
    stop: () => clearInterval(timer),
  };
}
