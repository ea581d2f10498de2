// `xiq-siem jobs list|watch|cancel`.
import { type Job, routes } from '@xiq-siem/admin-api';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { type Cell, numbers, renderTable, texts } from '../terminal/table.ts';
import { clockTime, group } from '../terminal/units.ts';
import { jobExits, watchJob } from './follow-job.ts';
import { doneOf, renderJob, requestText, stateColours } from './job-view.ts';

export const jobsListCommand = defineCommand({
  text: 'List running and ended jobs (retries, replays, back-fills), newest first. To resume an interrupted job, run the command that started it again.',
  exits: { ok: 'listed, also if there are none' },
  connector: 'reads',
  allowInvalidConfiguration: true,
  json: { schema: routes.jobs.response },
  run: ({ terminal, connect }) =>
    connect(async ({ operations, signal, print, printJson }) => {
      const response = await operations.jobs({}, signal);
      printJson(response);
      const newest = [...response.jobs].sort((a, b) => b.created.localeCompare(a.created));
      print(newest.length === 0 ? 'No jobs.' : renderTable(columns, newest.map(row), terminal));
      return exits.ok;
    }),
});

const columns = [...texts('JOB', 'KIND', 'STATE'), ...numbers('DONE', 'REJECTED'), ...texts('STARTED', 'REQUEST')];

function row(job: Job): readonly Cell[] {
  const { id, kind, state, created, streams } = job;
  const { done, total } = doneOf(job);
  const rejected = streams.reduce((sum, stream) => sum + stream.deadLettered + stream.damaged, 0);
  const share = total === 0 ? (state === 'done' ? '100 %' : '-') : `${Math.floor((100 * done) / total)} %`;
  const colour = state === 'done' ? undefined : stateColours[state];
  return [id, kind, { text: state, colour }, share, group(rejected), clockTime(created), requestText(job)];
}

export const jobsCancelCommand = defineCommand({
  usage: 'ID',
  text: 'Cancel a job. Events that it has sent stay sent; the others do not change.',
  exits: { ok: 'the job has ended', notFound: 'there is no such job' },
  connector: 'changes',
  allowInvalidConfiguration: true,
  positionals: [1, 1],
  json: { schema: routes.cancelJob.response },
  run: ({ positionals: [id = ''], terminal, connect }) =>
    connect(async ({ operations, signal, print, printJson }) => {
      const job = await operations.cancelJob({ id }, signal);
      printJson(job);
      print(renderJob(job, terminal));
      return exits.ok;
    }),
});

const { temporary: _, ...watchExits } = jobExits;

export const jobsWatchCommand = defineCommand({
  usage: 'ID',
  text: 'Follow a job until it ends. Ctrl-C does not cancel it.',
  exits: { ...watchExits, ok: 'everything is delivered', notFound: 'there is no such job' },
  connector: 'changes',
  allowInvalidConfiguration: true,
  positionals: [1, 1],
  json: {
    schema: routes.watchJob.response,
    lines: true,
    note: 'The state of the job at intervals; the last line is its end.',
  },
  run: ({ positionals: [id = ''], terminal, connect }) => connect((connection) => watchJob(id, connection, terminal)),
});
