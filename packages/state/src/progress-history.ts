// Stores the progress of each destination over time: a trace reads from it when a body was settled.
import type { Logger } from '@xiq-siem/core';
import { z } from 'zod';
import type { Database, Reading, Statement } from './sqlite/database.ts';

/** At `atMs` every body below `sequence` was settled. */
export interface Progress {
  readonly sequence: number;
  readonly atMs: number;
}

export interface ProgressHistoryReading {
  /** The first entry of a destination. */
  first(destination: string): Promise<Progress | undefined>;
  /** The last known time at which a body was not settled, and the first at which it was. */
  around(
    destination: string,
    sequence: number,
  ): Promise<{ readonly notBeforeMs: number | undefined; readonly notAfterMs: number | undefined }>;
}

export interface ProgressHistory extends ProgressHistoryReading {
  /** Stores the progress of destinations. Never rejects: without an entry, a trace is less exact. */
  add(progress: ReadonlyMap<string, Progress>): Promise<void>;
  /** Removes the history of a destination. */
  forget(destination: string): Promise<void>;
}

/** Entries per destination. The oldest ones above it are removed at each `pruneEvery`th addition. */
const maxEntries = 100_000;
const pruneEvery = 1_000;

const progressRow = z.object({ sequence: z.int(), at_ms: z.number() });

export function progressReading(database: Reading): ProgressHistoryReading {
  async function one(order: string, destination: string, condition = 'TRUE', ...sequence: readonly number[]) {
    const sql = `SELECT sequence, at_ms FROM progress WHERE destination = ? AND ${condition} ORDER BY sequence ${order} LIMIT 1`;
    const [row] = await database.read(sql, [destination, ...sequence]);
    if (row === undefined) return undefined;
    const { sequence: found, at_ms: atMs } = progressRow.parse(row);
    return { sequence: found, atMs };
  }
  return {
    first: (destination) => one('ASC', destination),
    async around(destination, sequence) {
      const before = await one('DESC', destination, 'sequence <= ?', sequence);
      const after = await one('ASC', destination, 'sequence > ?', sequence);
      return { notBeforeMs: before?.atMs, notAfterMs: after?.atMs };
    },
  };
}

export function openProgressHistory(database: Database, log: Logger): ProgressHistory {
  let added = 0;

  async function addProgress(progress: Parameters<ProgressHistory['add']>[0]): Promise<void> {
    const isDue = added % pruneEvery === 0;
    added += 1;
    const statements = [...progress].flatMap(([destination, one]) => [
      ...progressStatements(destination, one),
      ...(isDue ? [pruned(destination)] : []),
    ]);
    await database.write(statements).catch((cause: unknown) => {
      log.warn('progress_history.write_failed', { error: cause instanceof Error ? cause.message : String(cause) });
    });
  }

  return {
    ...progressReading(database),
    async forget(destination) {
      await database.write([{ sql: 'DELETE FROM progress WHERE destination = ?', parameters: [destination] }]);
    },
    add: addProgress,
  };
}

/** A lower sequence, after a damaged position, removes the later entries. */
export const progressStatements = (destination: string, { sequence, atMs }: Progress): readonly Statement[] => [
  { sql: 'DELETE FROM progress WHERE destination = ? AND sequence > ?', parameters: [destination, sequence] },
  {
    sql: 'INSERT OR IGNORE INTO progress (destination, sequence, at_ms) VALUES (?, ?, ?)',
    parameters: [destination, sequence, Math.trunc(atMs)],
  },
];

const pruned = (destination: string): Statement => ({
  sql: `DELETE FROM progress WHERE destination = ?1 AND sequence <=
    (SELECT sequence FROM progress WHERE destination = ?1 ORDER BY sequence DESC LIMIT 1 OFFSET ${maxEntries})`,
  parameters: [destination],
});
