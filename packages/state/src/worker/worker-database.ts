// The state file in a thread of its own: no sync of it holds up the event loop that answers senders.
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ConnectorError } from '@xiq-siem/core';
import type { Incident } from '../recovery/incident.ts';
import type { StateFilePaths } from '../recovery/open-state-file.ts';
import type { Database, Row } from '../sqlite/database.ts';
import { stateErrors } from '../state-errors.ts';
import type { Failure, FromWorker, Reply, Request, WorkerStart } from './messages.ts';

export interface WorkerDatabase extends Database {
  /** Checks the whole file, at a third of a processor; damage leads to an incident. */
  verify(): Promise<void>;
  /** After what was asked for before. */
  close(): Promise<void>;
}

interface WorkerDatabaseOptions {
  readonly now: () => number;
  readonly onIncident: (incident: Incident) => void;
  /** Called once, when nothing is taken any more. */
  readonly onFailure: (error: ConnectorError) => void;
}

const adviceOn = {
  full: 'free some of the disk',
  readOnly: 'see to its permissions, and to how its disk is mounted',
  busy: 'another process writes to it; it is tried again',
};

export function openWorkerDatabase(paths: StateFilePaths, options: WorkerDatabaseOptions): WorkerDatabase {
  const { now, onIncident, onFailure } = options;
  const start: WorkerStart = { paths, nowMs: now() };
  const worker = new Worker(new URL('./state-worker.ts', import.meta.url), { workerData: start, name: 'state' });
  // It alone keeps no process running; a request that waits does.
  worker.unref();
  const waiting = new Map<number, (response: Reply) => void>();
  let lastId = 0;
  let failure: ConnectorError | undefined;
  let closing: Promise<void> | undefined;

  function fail(message: string): ConnectorError {
    if (failure === undefined) {
      const text = `the state file ${paths.file} takes nothing any more (${message}): see to its permissions and the disk, and start again`;
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
      throw new ConnectorError(stateErrors.closed, 'the state file is closing: nothing more is taken');
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
    if (kind === 'refused') return new Error(`the state file ${paths.file} refused a statement: ${message}`);
    return new ConnectorError(
      stateErrors[kind],
      `the state file ${paths.file} takes nothing now (${message}): ${adviceOn[kind]}`,
    );
  }

  return {
    async read(sql, parameters = []) {
      const [rows = []] = await ask({ kind: 'read', sql, parameters });
      return rows;
    },
    write: (statements) => ask({ kind: 'write', statements }),
    async verify() {
      let after: number | undefined;
      while (closing === undefined) {
        const startedMs = performance.now();
        const [[row] = []] = await ask({ kind: 'verify', after });
        const { after: next = null } = row ?? {};
        if (next === null) return;
        after = Number(next);
        // Takes a third of a processor at most.
        await setTimeout(2 * (performance.now() - startedMs), undefined, { ref: false });
      }
    },
    close() {
      closing ??= ask({ kind: 'close' }).then(
        async () => {
          worker.ref();
          await ended;
        },
        async () => void (await worker.terminate()),
      );
      return closing;
    },
  };
}
