// For tests: the data that only a running connector has.
import { createRates } from './rates.ts';
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
  rates: createRates(),
  jobsRunning: 0,
  ...more,
});
