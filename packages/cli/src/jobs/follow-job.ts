// Follows a job until it ends, and shows its progress.
import { type Job, type Operations, routes } from '@xiq-siem/admin-api';
import type { CommandOptions } from '../arguments.ts';
import { type Connection, endedEarly } from '../connection.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import { startProgress } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { doneOf, isComplete, renderJob } from './job-view.ts';

export const jobOptions = {
  'no-wait': { type: 'boolean', help: 'start the job, and do not wait for its end' },
} as const satisfies CommandOptions;

export const jobExits = {
  ok: 'everything is delivered; with --no-wait: the job is started',
  attention: 'the job was cancelled, interrupted or failed, or events were rejected or damaged',
  unavailable: 'the connector does not run',
  temporary: 'too many jobs are running',
  interrupted: 'Ctrl-C; the job continues',
};

/** The JSON of a command that starts a job. */
export const jobJson = {
  schema: routes.watchJob.response,
  lines: true,
  note: 'The state of the job at intervals; the last line is its end. With `--no-wait` one line.',
} as const;

export type StartJob = (operations: Operations, signal: AbortSignal) => Promise<Job>;

/** Starts a job and follows it. Resolves with the exit code. Ctrl-C does not cancel the job. */
export async function followJob(
  start: StartJob,
  wait: boolean,
  connection: Connection,
  terminal: Terminal,
): Promise<number> {
  const { operations, signal, printJson, print } = connection;
  const started = await start(operations, signal);
  printJson(started);
  if (started.resumed === true) print(`Job ${started.id} was started before and is resumed.`);
  if (!wait) {
    print(`Job ${started.id} is running: xiq-siem jobs watch ${started.id}`);
    return exits.ok;
  }
  return watchJob(started.id, connection, terminal);
}

/** Follows an existing job. Resolves with the exit code. */
export async function watchJob(id: string, { operations, signal, print, printJson }: Connection, terminal: Terminal) {
  let last: Job | undefined;
  let progress: ReturnType<typeof startProgress> | undefined;
  try {
    for await (const job of operations.watchJob({ id }, signal)) {
      last = job;
      printJson(job);
      const [label, unit] = progressLabels[job.kind];
      progress ??= startProgress(terminal, label, unit);
      const { done, total } = doneOf(job);
      progress.show(done, total, problems(job));
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
  progress?.end();
  if (signal.aborted) {
    terminal.err(
      `The job continues in the connector. To follow it: xiq-siem jobs watch ${id}. To cancel it: xiq-siem jobs cancel ${id}`,
    );
    return exits.interrupted;
  }
  if (last === undefined || last.state === 'running') return endedEarly(signal);
  print(renderJob(last, terminal));
  return isComplete(last) ? exits.ok : exits.attention;
}

/** The label and the unit of the progress line. */
const progressLabels = {
  retry: ['Sending again', 'dead letters'],
  replay: ['Replaying', 'requests'],
  backfill: ['Fetching', 'message types'],
} as const satisfies Record<Job['kind'], readonly [string, string]>;

/** Why the job makes no progress; empty if it does. */
function problems({ streams, types = [] }: Job): string {
  const stuck = streams.filter(({ state }) => state === 'paused' || state === 'backing_off');
  const waiting = types.filter(({ state }) => state === 'waiting' || state === 'stopped');
  return [
    ...stuck.map(
      (stream) => `${stream.destination} ${stream.state.replace('_', ' ')}: ${stream.message ?? stream.reason ?? ''}`,
    ),
    ...waiting.flatMap(({ messageType, message }) => (message === undefined ? [] : [`${messageType}: ${message}`])),
  ]
    .map((problem) => printable(`; ${problem}`))
    .join('');
}
