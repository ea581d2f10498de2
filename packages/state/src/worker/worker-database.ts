// Runs the state file in its own thread, so that its syncs do not block the event loop that serves senders.
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ConnectorError } from '@xiq-siem/core';
import type { Incident } from '../recovery/incident.ts';
import type { StateFilePaths } from '../recovery/open-state-file.ts';
import type { Database, Row, SqlValue } from '../sqlite/database.ts';
import { stateErrors } from '../state-errors.ts';
import type { Failure, FromWorker, Reply, Request, WorkerStart } from './messages.ts';

export interface WorkerDatabase extends Database {
  /** Verifies the whole file with at most a third of a processor. Damage is an incident. */
  verify(): Promise<void>;
  /** Completes earlier requests first. */
  close(): Promise<void>;
}

interface WorkerDatabaseOptions {
  readonly now: () => number;
  readonly onIncident: (incident: Incident) => void;
  /** Called once, when all further requests are rejected. */
  readonly onFailure: (error: ConnectorError) => void;
}

const adviceOn = {
  full: 'free disk space',
  readOnly: 'check its permissions, and how its disk is mounted',
  busy: 'another process is writing to it; the write is retried',
};

export function openWorkerDatabase(paths: StateFilePaths, options: WorkerDatabaseOptions): WorkerDatabase {
  const { now, onIncident, onFailure } = options;
  const start: WorkerStart = { paths, nowMs: now() };
  const worker = new Worker(new URL('./state-worker.ts', import.meta.url), { workerData: start, name: 'state' });
  // Only a waiting request keeps the process running.
  worker.unref();
  const waiting = new Map<number, (response: Reply) => void>();
  let lastId = 0;
  let failure: ConnectorError | undefined;
  let closing: Promise<void> | undefined;

  function fail(message: string): ConnectorError {
    if (failure === undefined) {
      const text = `the state file ${paths.file} failed (${message}): check its permissions and the disk, then restart`;
      failure = new ConnectorError(stateErrors.failed, text);
      onFailure(failure);
    }
    return failure;
  }
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'incident') return onIncident(message.incident);
    waiting.get(message.id)?.(message.response);
    waiting.delete(message.id);
    if (waiting.size === 0) worker.unref();
  });
  const ended = once(worker, 'exit');
  worker.on('error', (error) => void fail(error.message));
  worker.on('exit', () => {
    for (const take of waiting.values()) take({ failure: { kind: 'failed', message: 'its thread ended' } });
    waiting.clear();
    if (closing === undefined) fail('its thread ended');
  });

  async function ask(request: Request): Promise<readonly (readonly Row[])[]> {
    if (failure !== undefined) throw failure;
    if (closing !== undefined && request.kind !== 'close') {
      throw new ConnectorError(stateErrors.closed, 'the state file is closing and accepts no more requests');
    }
    lastId += 1;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    waiting.set(lastId, resolve);
    worker.ref();
    worker.postMessage({ id: lastId, request });
    const response = await promise;
    if ('rows' in response) return response.rows;
    throw errorOf(response.failure);
  }

  function errorOf({ kind, message }: Failure): Error {
    if (kind === 'failed') return fail(message);
    if (kind === 'newer') return new ConnectorError('data_format_newer', message);
    if (kind === 'refused') return new Error(`the state file ${paths.file} rejected a statement: ${message}`);
    return new ConnectorError(
      stateErrors[kind],
      `the state file ${paths.file} cannot be written (${message}): ${adviceOn[kind]}`,
    );
  }

  async function readRows(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly Row[]> {
    const [rows = []] = await ask({ kind: 'read', sql, parameters });
    return rows;
  }

  async function verifyFile(): Promise<void> {
    let after: number | undefined;
    while (closing === undefined) {
      const startedMs = performance.now();
      const [[row] = []] = await ask({ kind: 'verify', after });
      const { after: next = null } = row ?? {};
      if (next === null) return;
      after = Number(next);
      // Uses a third of a processor at most.
      await setTimeout(2 * (performance.now() - startedMs), undefined, { ref: false });
    }
  }

  function closeDatabase(): Promise<void> {
    closing ??= ask({ kind: 'close' }).then(
      async () => {
        worker.ref();
        await ended;
      },
      async () => void (await worker.terminate()),
    );
    return closing;
  }
  return {
    read: readRows,
    write: (statements) => ask({ kind: 'write', statements }),
    verify: verifyFile,
    close: closeDatabase,
  };
}
