// Takes the figures that only time gives: how fast bodies come and go, and when a destination had come how far.
import { statfs } from 'node:fs/promises';
import type { Delivery } from '@xiq-siem/delivery';
import type { Journal } from '@xiq-siem/journal';
import type { ProgressHistory } from '@xiq-siem/state';
import { createPace, type Pace } from './pace.ts';

export interface SamplerParts {
  readonly journal: Pick<Journal, 'extent'>;
  readonly delivery: Pick<Delivery, 'status'>;
  readonly progressHistory: ProgressHistory;
  /** The data directory. */
  readonly directory: string;
  /** Bytes of bodies received since the start. */
  receivedBytes(): number;
  readonly now: () => number;
}

export interface Sampler {
  readonly pace: Pace;
  /** Of the data directory's disk; undefined before it was looked at. */
  freeBytes(): number | undefined;
  /** Takes one sample; called by its own timer, and by tests. */
  sample(): Promise<void>;
  stop(): void;
}

const everyMs = 5_000;

export function startSampler({
  journal,
  delivery,
  progressHistory,
  directory,
  receivedBytes,
  now,
}: SamplerParts): Sampler {
  const pace = createPace();
  let freeBytes: number | undefined;
  async function sample(): Promise<void> {
    const disk = await statfs(directory).catch(() => undefined);
    freeBytes = disk && disk.bavail * disk.bsize;
    const atMs = now();
    const lanes = delivery.status();
    const settled = lanes.map(({ name, settledSince }): [string, number] => [name, settledSince]);
    pace.add({ atMs, bodies: journal.extent().nextSequence, bytes: receivedBytes(), settled: new Map(settled) });
    for (const { name, sequence } of lanes) await progressHistory.add(name, { sequence, atMs });
  }
  const timer = setInterval(() => void sample(), everyMs);
  timer.unref();
  return { pace, freeBytes: () => freeBytes, sample, stop: () => clearInterval(timer) };
}
