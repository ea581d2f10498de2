import { expect, it } from 'vitest';
import type { HourFigures } from './look.ts';
import { startMs } from './test-signals.ts';
import { watchCompleteness } from './watch-completeness.ts';

const hourMs = 3_600_000;
const figures: HourFigures = {
  ...{ source: 'xiq', messageType: 'AUDIT_LOG_ALL', hourMs: startMs, state: 'missing' },
  ...{ xiq: 12, kept: 10, missing: 2, surplus: 0 },
};

it('events that are missing are said, once for each hour and message type', () => {
  const watch = watchCompleteness();
  const said = (...found: readonly HourFigures[]) => [...watch({ atMs: startMs, completeness: () => found })];
  expect(said(figures, { ...figures, messageType: 'SMS_LOG_ALL', state: 'whole', missing: 0 })).toMatchObject([
    {
      action: 'completeness-missing',
      subject: 'xiq',
      facts: {
        ...{ source: 'xiq', message_type: 'AUDIT_LOG_ALL', count: 2, 'completeness.xiq': 12 },
        ...{ 'completeness.kept': 10, 'completeness.hour': '2026-01-01T00:00:00.000Z' },
      },
    },
  ]);
  expect(said({ ...figures, missing: 3 })).toEqual([]);
  expect(said({ ...figures, messageType: 'SMS_LOG_ALL' })).toHaveLength(1);
  expect(said({ ...figures, hourMs: startMs + hourMs })).toHaveLength(1);
});

it('what is surplus, or cannot be proved, is no alarm', () => {
  const watch = watchCompleteness();
  const found = [
    { ...figures, state: 'surplus' as const, missing: 0, surplus: 2 },
    { ...figures, messageType: 'SMS_LOG_ALL', state: 'unprovable' as const },
  ];
  expect([...watch({ atMs: startMs, completeness: () => found })]).toEqual([]);
});
