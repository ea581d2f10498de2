// Tests a state file that was altered, replaced or removed: its data is kept, and an incident is added.
import fs, { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createRecordingLogger, type RecordingLogger } from '@xiq-siem/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDeadLetters } from '../dead-letters/open-dead-letters.ts';
import { letterOf, mib } from '../dead-letters/test-dead-letters.ts';
import { stateFileIn } from '../state-file.ts';
import { copyOf, directState, everything, filledDirectory, readEverything } from './test-damage.ts';

const filled = await filledDirectory();

/** Documents are missing if their table was dropped. */
const alterations: readonly [what: string, sql: string, documents: number][] = [
  ['an added column', 'ALTER TABLE documents ADD COLUMN more TEXT', 20],
  ['an added column of the entries', 'ALTER TABLE dead_letters ADD COLUMN more TEXT', 20],
  ['a removed column', 'ALTER TABLE incidents DROP COLUMN file', 20],
  ['a renamed column', 'ALTER TABLE resolved RENAME COLUMN resolved_by TO by', 20],
  ['an added table', 'CREATE TABLE more (value)', 20],
  ['a removed table', 'DROP TABLE documents', 0],
  ['a view instead of a table', 'DROP TABLE documents; CREATE VIEW documents AS SELECT 1 AS name', 0],
  ['a removed trigger', 'DROP TRIGGER dead_letter_added', 20],
  [
    'totals that are text',
    `DROP TABLE dead_letter_totals;
      CREATE TABLE dead_letter_totals (destination, delivered, dropped, from_jobs, lost);
      INSERT INTO dead_letter_totals VALUES ('siem', 'many', 'few', 'none', NULL)`,
    20,
  ],
];

describe.each(alterations)('a file that was altered: %s', (_, sql, documents) => {
  const whole = { ...everything, resolved: expect.any(Number), documents };
  function alter(directory: string): void {
    using database = new DatabaseSync(stateFileIn(directory));
    database.exec(sql);
  }

  it('while it was closed is quarantined, and its data recovered', async () => {
    const directory = copyOf(filled);
    alter(directory);
    const state = directState(directory);
    await state.verify();
    expect(await state.incidents()).toMatchObject([{ kind: 'damaged', lost: 0 }]);
    expect(await readEverything(state, createRecordingLogger())).toEqual(whole);
    await state.close();
  });

  it('while it was open rejects no request', async () => {
    const directory = copyOf(filled);
    const state = directState(directory);
    expect(await readEverything(state, createRecordingLogger())).toEqual(everything);
    alter(directory);
    expect(await readEverything(state, createRecordingLogger())).toMatchObject({
      entries: 270,
      wrong: [],
      refused: [],
    });
    await state.close();
  });
});

describe('a file that was removed while it is open', () => {
  const file = stateFileIn;
  const removals: readonly [what: string, remove: (directory: string) => void, kept: boolean][] = [
    ['alone', (directory) => rmSync(file(directory)), false],
    ['with its log', (directory) => ['', '-wal', '-shm'].forEach((rest) => void rmSync(file(directory) + rest)), false],
    ['for an older copy', (directory) => replaceBy(directory, file(filled)), true],
    ['to another name', (directory) => renameSync(file(directory), `${file(directory)}.old`), false],
    ['for its log alone', (directory) => rmSync(`${file(directory)}-wal`), true],
  ];
  function replaceBy(directory: string, by: string): void {
    copyFileSync(by, `${file(directory)}.by`);
    renameSync(`${file(directory)}.by`, file(directory));
  }
  const letters = (state: ReturnType<typeof directState>, directory: string, log: RecordingLogger) =>
    openDeadLetters(state.database, { maxBytes: 64 * mib, minFreeBytes: 0, directory, now: Date.now, log });

  it.each(removals)('(%s) is restored with all its data before the next write succeeds', async (_, remove, kept) => {
    const directory = copyOf(filled);
    const log = createRecordingLogger();
    const state = directState(directory);
    const store = await letters(state, directory, log);
    await store.append(letterOf(2001));
    remove(directory);
    await store.append(letterOf(2002));
    // Like after `kill -9`.
    const killed = copyOf(directory);
    for (const found of [killed, directory]) {
      if (found === directory) await state.close();
      const again = directState(found);
      await again.verify();
      const { entries } = await (await letters(again, found, log)).list({}, { limit: 1000 });
      expect(entries.filter(({ sequence }) => sequence > 2000)).toHaveLength(2);
      expect(await readEverything(again, log)).toMatchObject({ documents: 20, ids: 200, resolved: 30, refused: [] });
      const [incident, ...more] = await again.incidents();
      expect(more).toEqual([]);
      expect(incident).toMatchObject({ kind: 'missing', recovered: 291, lost: 0 });
      expect(incident?.file === undefined).toBe(!kept);
      if (incident?.file !== undefined) expect(existsSync(join(found, incident.file))).toBe(true);
      await again.close();
    }
  });

  it('is not detected as removed if the file system changes inode numbers', async () => {
    const original = fs.statSync;
    const restore = (): void => {
      Object.assign(fs, { statSync: original });
      syncBuiltinESMExports();
    };
    onTestFinished(restore);
    let ino = 0;
    const unsteady = (...given: Parameters<typeof original>): unknown => {
      const found = original(...given);
      ino += 1;
      return found && { ...found, ino };
    };
    Object.assign(fs, { statSync: unsteady });
    syncBuiltinESMExports();
    const directory = copyOf(filled);
    const state = directState(directory);
    const store = await letters(state, directory, createRecordingLogger());
    await store.append(letterOf(2001));
    await store.append(letterOf(2002));
    expect(ino).toBeGreaterThan(4);
    expect(await state.incidents()).toEqual([]);
    await state.close();
  });

  it('is restored when it is closed', async () => {
    const directory = copyOf(filled);
    const log = createRecordingLogger();
    const state = directState(directory);
    await readEverything(state, log);
    rmSync(file(directory));
    await state.close();
    const again = directState(directory);
    expect(await readEverything(again, log)).toEqual(everything);
    expect(await again.incidents()).toMatchObject([{ kind: 'missing', lost: 0 }]);
    await again.close();
  });
});
