// The thread of the state file: what waits is written in one transaction, so that it shares a sync.
import { parentPort, workerData } from 'node:worker_threads';
import { isDamage, openStateFile, setAside } from '../recovery/open-state-file.ts';
import type { SqliteFile, Written } from '../sqlite/sqlite-file.ts';
import type { Answer, Failure, FromWorker, Request, WorkerStart } from './messages.ts';

const { paths, nowMs }: WorkerStart = workerData;
const startedMs = performance.now();
const now = (): number => nowMs + performance.now() - startedMs;
const port = parentPort;
if (port === null) throw new Error('this file is the main module of a worker thread');

type Waiting = { readonly id: number; readonly request: Request };

const tell = (message: FromWorker): void => port.postMessage(message);
const answer = (id: number, given: Answer): void => tell({ kind: 'answer', id, answer: given });

let waiting: Waiting[] = [];
let opened: SqliteFile | undefined;
let failed: Failure | undefined;

port.on('message', (message: Waiting) => {
  // All that came until the end of this turn goes together.
  if (waiting.push(message) === 1) setImmediate(work);
});

function work(): void {
  const all = waiting;
  waiting = [];
  let from = 0;
  while (from < all.length) {
    const first = all[from];
    if (first === undefined) return;
    let to = from + 1;
    if (first.request.kind === 'write') while (all[to]?.request.kind === 'write') to += 1;
    carryOut(all.slice(from, to));
    from = to;
  }
}

function carryOut(group: readonly Waiting[]): void {
  const answers = attempt(group);
  for (const [index, { id }] of group.entries()) answer(id, answers[index] ?? { rows: [] });
  if (group[0]?.request.kind === 'close') port?.close();
}

/** Once more where the file turned out to be damaged, and is another one now. */
function attempt(group: readonly Waiting[], again = false): readonly Answer[] {
  if (failed !== undefined && group[0]?.request.kind !== 'close') {
    const failure = failed;
    return group.map(() => ({ failure }));
  }
  try {
    const outcome = run(group);
    const damage = outcome.find((one) => 'error' in one && isDamage(one.error));
    if (damage !== undefined && 'error' in damage) throw damage.error;
    return outcome.map((one) => ('error' in one ? { failure: failureOf(one.error) } : one));
  } catch (error) {
    try {
      if (!again && isDamage(error)) {
        opened?.close();
        opened = undefined;
        const { file, incident } = setAside(paths, error.message, now);
        opened = file;
        if (incident !== undefined) tell({ kind: 'incident', incident });
        return attempt(group, true);
      }
    } catch (setAsideError) {
      return group.map(() => ({ failure: failureOf(setAsideError) }));
    }
    const failure = failureOf(error);
    return group.map(() => ({ failure }));
  }
}

function run(group: readonly Waiting[]): readonly Written[] {
  const request = group[0]?.request;
  switch (request?.kind) {
    case 'read':
      return [{ rows: [file().read(request.sql, request.parameters)] }];
    case 'write':
      return file().write(group.flatMap(({ request: one }) => (one.kind === 'write' ? [one.statements] : [])));
    case 'verify':
      verify();
      return [{ rows: [] }];
    default:
      opened?.close();
      opened = undefined;
      return [{ rows: [] }];
  }
}

function file(): SqliteFile {
  if (opened === undefined) {
    const { file: first, incident } = openStateFile(paths, now);
    opened = first;
    if (incident !== undefined) tell({ kind: 'incident', incident });
  }
  return opened;
}

/** Reads the structure of all tables and indexes; what is damaged is thrown, as any statement would that meets it. */
function verify(): void {
  const [{ integrity_check: found } = { integrity_check: 'nothing' }] = file().read('PRAGMA integrity_check(1)');
  const text = String(found);
  if (text !== 'ok') throw Object.assign(new Error(text.replaceAll('\n', ' ')), { errcode: 11 });
}

const sqliteFull = 13;
const sqliteReadOnly = 8;
const sqliteBusy = 5;
const sqliteIoError = 10;
const sqliteCannotOpen = 14;

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
  if (code === sqliteFull || code === sqliteReadOnly) return { kind: 'full', message };
  if (code === sqliteBusy) return { kind: 'busy', message };
  if (code !== sqliteIoError && code !== sqliteCannotOpen) return { kind: 'refused', message };
  // What a failed sync leaves on disk nobody knows: only a restart reads it anew.
  failed = { kind: 'failed', message };
  return failed;
}
