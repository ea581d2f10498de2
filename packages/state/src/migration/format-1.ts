// Copies the state of a data directory of format 1, which has a file for each kind, into the tables of a new state file.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Logger } from '@xiq-siem/core';
import { readPositionAt } from '@xiq-siem/journal';
import { z } from 'zod';
import { entryBytes, fetchedStatements } from '../backfill-pairing.ts';
import { documentNames, putDocument } from '../documents.ts';
import { isEventId } from '../id-set.ts';
import { jobRecord } from '../job-records.ts';
import { progressStatements } from '../progress-history.ts';
import type { Statement } from '../sqlite/database.ts';
import { preparedOnce } from '../sqlite/sqlite-file.ts';
import { copyDeadLetters } from './dead-letters.ts';

/** Copied records by kind. */
export interface Copied extends Readonly<z.output<typeof counts>> {
  readonly jobs: number;
  /** Other documents. */
  readonly documents: number;
  /** Records and files that could not be read. */
  readonly unreadable: number;
}

/** Does not change files of format 1. `database` has the tables of a new file, and an open transaction. */
export async function copyFormat1(directory: string, database: DatabaseSync, log: Logger): Promise<Copied> {
  let unreadable = await copyDeadLetters(directory, database, log);
  let documents = 0;
  let jobs = 0;
  const runOne = preparedOnce(database);
  const run = (statements: Iterable<Statement>): void => {
    for (const { sql, parameters } of statements) runOne(sql, parameters);
  };
  const put = (name: string, content: unknown): void => {
    run([putDocument(name, content)]);
    documents += 1;
  };
  const skipFile = (file: string): void => {
    unreadable += 1;
    log.warn('state.file_unreadable', { file });
  };

  const jobsDirectory = join(directory, 'jobs');
  for (const file of await namesIn(jobsDirectory)) {
    const path = join(jobsDirectory, file);
    const [, id = '', rest] = /^([^.]+)\.(.+)$/.exec(file) ?? [undefined, file, ''];
    try {
      if (file === 'backfilled.ids') continue;
      if (file === 'alive') put(documentNames.alive, await jsonIn(path));
      else if (file === 'wanted.spans') put(documentNames.pendingSpans, await jsonIn(path));
      else if (rest === 'subscriptions.json') put(documentNames.subscriptions(id), await jsonIn(path));
      else if (rest === 'json') {
        run([putDocument(documentNames.job(id), jobRecord.parse(await jsonIn(path)))]);
        jobs += 1;
      } else if (rest?.endsWith('.position') === true) {
        put(documentNames.jobPosition(id, rest.slice(0, -'.position'.length)), await readPositionAt(path));
      }
    } catch {
      skipFile(`jobs/${file}`);
    }
  }
  for (const [atMs, ids] of await backfilledIn(join(jobsDirectory, 'backfilled.ids')))
    run(fetchedStatements(ids, atMs));
  for (const file of await namesIn(join(directory, 'positions'))) {
    if (!file.endsWith('.times')) continue;
    for (const progress of progressIn(await readFile(join(directory, 'positions', file), 'latin1'))) {
      run(progressStatements(file.slice(0, -'.times'.length), progress));
    }
  }
  for (const source of await namesIn(join(directory, 'secrets'))) {
    if (/\.(?:new|rotation-lock)$/.test(source)) continue;
    const next = rotatingTo((await readFile(join(directory, 'secrets', source), 'utf8')).split('\n').filter(Boolean));
    if (next !== undefined)
      put(documentNames.rotation(source), { next: createHash('sha256').update(next).digest('hex') });
  }

  const counted = counts.parse(database.prepare(countsSql).get());
  return { ...counted, jobs, documents, unreadable };
}

const counts = z.object({ deadLetters: z.int(), resolved: z.int(), backfilledIds: z.int(), progress: z.int() });
const countsSql = `SELECT (SELECT count(*) FROM dead_letters) AS deadLetters, (SELECT count(*) FROM resolved) AS resolved,
  (SELECT coalesce(sum(length(ids)), 0) / ${entryBytes} FROM backfilled_ids) AS backfilledIds,
  (SELECT count(*) FROM progress) AS progress`;

const namesIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory).catch(() => [])).sort();

const jsonIn = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

/** Grouped by the time at which they were stored. Torn lines are skipped. */
async function backfilledIn(path: string): Promise<ReadonlyMap<number, readonly string[]>> {
  const found = new Map<number, string[]>();
  for (const line of wholeLines(await readFile(path, 'latin1').catch(() => ''))) {
    const [, id = '', atMs] = /^(\S+) (\d{1,15})$/.exec(line) ?? [];
    if (!isEventId(id)) continue;
    const ids = found.get(Number(atMs)) ?? [];
    if (ids.push(id) === 1) found.set(Number(atMs), ids);
  }
  return found;
}

/** A lower sequence discards the entries before it. */
function progressIn(text: string) {
  const list: { readonly sequence: number; readonly atMs: number }[] = [];
  for (const line of wholeLines(text)) {
    const [, sequence, atMs] = /^(\d{1,15}) (\d{1,15})$/.exec(line) ?? [];
    if (sequence === undefined) continue;
    if (Number(sequence) < (list.at(-1)?.sequence ?? 0)) list.length = 0;
    list.push({ sequence: Number(sequence), atMs: Number(atMs) });
  }
  return list;
}

const wholeLines = (text: string): readonly string[] => text.slice(0, text.lastIndexOf('\n') + 1).split('\n');

/** During a rotation, a secret list of format 1 has the next secret twice. */
function rotatingTo(lines: readonly string[]): string | undefined {
  const last = lines.at(-1);
  return lines.length >= 3 && (last === lines.at(-2) || last === lines[0]) ? last : undefined;
}
