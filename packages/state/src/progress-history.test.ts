import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { openProgressHistory, progressReading, progressStatements } from './progress-history.ts';
import { newStateDirectory, openTestState } from './test-state.ts';

async function noted(progress: readonly (readonly [number, number])[]) {
  const { database } = await openTestState();
  const history = openProgressHistory(database, createRecordingLogger());
  for (const [sequence, atMs] of progress) await history.add(new Map([['one', { sequence, atMs }]]));
  return { history, database };
}

test('returns the last time at which a body was unsettled, and the first at which it was settled', async () => {
  const { history, database } = await noted([
    [1, 100],
    [1, 150],
    [5, 200],
    [9, 300],
  ]);
  for (const { around } of [history, progressReading(database)]) {
    expect(await around('one', 1)).toEqual({ notBeforeMs: 100, notAfterMs: 200 });
    expect(await around('one', 4)).toEqual({ notBeforeMs: 100, notAfterMs: 200 });
    expect(await around('one', 5)).toEqual({ notBeforeMs: 200, notAfterMs: 300 });
    expect(await around('one', 9)).toEqual({ notBeforeMs: 300 });
    expect(await around('one', 0)).toEqual({ notAfterMs: 100 });
    expect(await around('never', 3)).toEqual({});
  }
  expect(await history.first('one')).toEqual({ sequence: 1, atMs: 100 });
  expect(await history.first('never')).toBeUndefined();
});

test('keeps the history of each destination after a restart', async () => {
  const directory = await newStateDirectory();
  const state = await openTestState(directory);
  const progress = { sequence: 3, atMs: 100 };
  await openProgressHistory(state.database, createRecordingLogger()).add(
    new Map([
      ['one', progress],
      ['two', { ...progress, sequence: 4 }],
    ]),
  );
  await state.close();
  const again = progressReading((await openTestState(directory)).database);
  expect([await again.first('one'), await again.first('two')]).toEqual([progress, { ...progress, sequence: 4 }]);
});

test('a lower position removes the later entries', async () => {
  const { history } = await noted([
    [1, 100],
    [50, 200],
    [10, 300],
    [20, 400],
  ]);
  expect(await history.around('one', 15)).toEqual({ notBeforeMs: 300, notAfterMs: 400 });
  expect(await history.around('one', 30)).toEqual({ notBeforeMs: 400 });
});

test('keeps the newest entries up to its limit', async () => {
  const { database } = await openTestState();
  const many = Array.from({ length: 100_500 }, (_, index) =>
    progressStatements('one', { sequence: index + 1, atMs: index }),
  );
  await database.write(many.flat());
  await openProgressHistory(database, createRecordingLogger()).add(new Map([['one', { sequence: 200_000, atMs: 1 }]]));
  expect((await progressReading(database).first('one'))?.sequence).toBe(502);
});

test('removes the history of a forgotten destination', async () => {
  const { history } = await noted([[1, 100]]);
  await history.forget('one');
  expect(await history.first('one')).toBeUndefined();
  await history.add(new Map([['one', { sequence: 40, atMs: 900 }]]));
  expect(await history.first('one')).toEqual({ sequence: 40, atMs: 900 });
});

test('logs a failed write and continues', async () => {
  const state = await openTestState();
  const log = createRecordingLogger();
  const history = openProgressHistory(state.database, log);
  await state.close();
  await history.add(new Map([['one', { sequence: 1, atMs: 1 }]]));
  expect(log.of('progress_history.write_failed')).toHaveLength(1);
});
