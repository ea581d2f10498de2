// The thread of the state file: waiting writes share a transaction and a sync.
import { parentPort, workerData } from 'node:worker_threads';
import { requestsApplier } from './apply-requests.ts';
import type { FromWorker, Request, WorkerStart } from './messages.ts';

const { paths, nowMs }: WorkerStart = workerData;
const startedMs = performance.now();
const port = parentPort;
if (port === null) throw new Error('this file is the main module of a worker thread');

type Waiting = { readonly id: number; readonly request: Request };

const send = (message: FromWorker): void => port.postMessage(message);
const apply = requestsApplier({
  paths,
  now: () => nowMs + performance.now() - startedMs,
  onIncident: (incident) => send({ kind: 'incident', incident }),
});

const waiting: Waiting[] = [];
let isApplying = false;
port.on('message', (message: Waiting) => {
  waiting.push(message);
  if (isApplying) return;
  isApplying = true;
  // All requests of this turn of the event loop form one group.
  setImmediate(applyAll);
});

async function applyAll(): Promise<void> {
  while (waiting.length > 0) {
    const isWrite = waiting[0]?.request.kind === 'write';
    const others = waiting.findIndex(({ request }) => request.kind !== 'write');
    const group = waiting.splice(0, isWrite ? (others < 0 ? waiting.length : others) : 1);
    const responses = await apply(group.map(({ request }) => request));
    for (const [index, { id }] of group.entries())
      send({ kind: 'response', id, response: responses[index] ?? { rows: [] } });
    if (group[0]?.request.kind === 'close') return port?.close();
    // Receives the requests that came meanwhile before the next group is formed.
    await new Promise((resolve) => setImmediate(resolve));
  }
  isApplying = false;
}
