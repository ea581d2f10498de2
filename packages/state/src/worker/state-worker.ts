// The thread of the state file: what waits is written in one transaction, so that it shares a sync.
import { parentPort, workerData } from 'node:worker_threads';
import { requestsApplier } from './apply-requests.ts';
import type { FromWorker, Request, WorkerStart } from './messages.ts';

const { paths, nowMs }: WorkerStart = workerData;
const startedMs = performance.now();
const port = parentPort;
if (port === null) throw new Error('this file is the main module of a worker thread');

type Waiting = { readonly id: number; readonly request: Request };

const tell = (message: FromWorker): void => port.postMessage(message);
const apply = requestsApplier({
  paths,
  now: () => nowMs + performance.now() - startedMs,
  onIncident: (incident) => tell({ kind: 'incident', incident }),
});

let waiting: Waiting[] = [];
port.on('message', (message: Waiting) => {
  // All that came until the end of this turn goes together.
  if (waiting.push(message) === 1) setImmediate(applyAll);
});

function applyAll(): void {
  const all = waiting;
  waiting = [];
  for (let from = 0; from < all.length; ) {
    let to = from + 1;
    if (all[from]?.request.kind === 'write') while (all[to]?.request.kind === 'write') to += 1;
    applyGroup(all.slice(from, to));
    from = to;
  }
}

function applyGroup(group: readonly Waiting[]): void {
  const answers = apply(group.map(({ request }) => request));
  for (const [index, { id }] of group.entries()) tell({ kind: 'answer', id, answer: answers[index] ?? { rows: [] } });
  if (group[0]?.request.kind === 'close') port?.close();
}
