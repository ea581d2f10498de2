// For tests: what a running connector knows beside its files.
import { createPace } from './pace.ts';
import type { LiveFigures } from './status.ts';
import type { Fixture } from './test-queries.ts';

export const identity = { version: '1.2.3', instanceId: 'instance' };

export const liveOf = ({ pipeline, deadLetters }: Fixture, more: Partial<LiveFigures> = {}): LiveFigures => ({
  startedMs: 0,
  accepting: { ok: true, reasons: [] },
  streams: pipeline.delivery.status(),
  journalMaxBytes: 1_000_000,
  freeBytes: 5,
  deadLetterBytes: deadLetters.bytes(),
  pace: createPace(),
  jobsRunning: 0,
  ...more,
});
