// Follows a job to its end: progress for a person, its states as lines for a script.
import { type Job, type Operations, routes } from '@xiq-siem/admin-api';
import type { CommandOptions } from '../arguments.ts';
import { type Asking, cutShort } from '../ask.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import { startProgress } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { doneOf, isThrough, renderJob } from './job-view.ts';

export const jobOptions = {
  'no-wait': { type: 'boolean', help: 'begin it, and do not wait for its end' },
} as const satisfies CommandOptions;

export const jobExits = {
  ok: 'all is delivered (or, with --no-wait, it has begun)',
  attention: 'it ended, and not all is delivered: rejected again, damaged, cancelled, interrupted or failed',
  unavailable: 'the connector does not run',
  temporary: 'enough jobs run already',
  interrupted: 'Ctrl-C: the job goes on in the connector',
};

/** What a command that begins a job prints. */
export const jobJson = {
  schema: routes.watchJob.response,
  lines: true,
  note: 'How the job stands, now and then; the last line is its end. `--no-wait`: one line.',
} as const;

export type BeginJob = (operations: Operations, signal: AbortSignal) => Promise<Job>;

/** Begins a job and follows it. Resolves with the exit code. Ctrl-C leaves the job to the connector, and says so. */
export async function followJob(begin: BeginJob, wait: boolean, asking: Asking, terminal: Terminal): Promise<number> {
  const { operations, signal, tell, say } = asking;
  const begun = await begin(operations, signal);
  tell(begun);
  if (begun.resumed === true) say(`Job ${begun.id} was begun before: it goes on.`);
  if (!wait) {
    say(`Job ${begun.id} is under way: xiq-siem jobs watch ${begun.id}`);
    return exits.ok;
  }
  return watchJob(begun.id, asking, terminal);
}

/** The same for a job that there is. */
export async function watchJob(id: string, { operations, signal, say, tell }: Asking, terminal: Terminal) {
  let last: Job | undefined;
  let progress: ReturnType<typeof startProgress> | undefined;
  try {
    for await (const job of operations.watchJob({ id }, signal)) {
      last = job;
      tell(job);
      const [doing, unit] = work[job.kind];
      progress ??= startProgress(terminal, doing, unit);
      const { done, total } = doneOf(job);
      progress.show(done, total, problems(job));
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
  progress?.end();
  if (signal.aborted) {
    terminal.err(
      `The job goes on in the connector: xiq-siem jobs watch ${id}, and to end it: xiq-siem jobs cancel ${id}`,
    );
    return exits.interrupted;
  }
  if (last === undefined || last.state === 'running') return cutShort(signal);
  say(renderJob(last, terminal));
  return isThrough(last) ? exits.ok : exits.attention;
}

/** What a job does, and what it counts. */
const work = {
  retry: ['Sending again', 'dead letters'],
  replay: ['Replaying', 'bodies'],
  backfill: ['Fetching', 'message types'],
} as const satisfies Record<Job['kind'], readonly [string, string]>;

/** Why it does not get on, where it does not. */
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
