// `xiq-siem jobs`: the jobs there are.
import { type Job, routes } from '@xiq-siem/admin-api';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { type Cell, numbers, renderTable, texts } from '../terminal/table.ts';
import { clockTime, group } from '../terminal/units.ts';
import { jobExits, watchJob } from './follow-job.ts';
import { doneOf, messageOf, renderJob, stateColours } from './job-view.ts';

export const jobsListCommand = defineCommand({
  text: 'The jobs (retries, replays, back-fills) there are and were, newest first: state, how far, what was rejected. An interrupted one goes on when the same command is given again.',
  exits: { ok: 'listed, be there any or none' },
  connector: 'reads',
  despiteFaults: true,
  json: { schema: routes.jobs.response },
  run: ({ terminal, ask }) =>
    ask(async ({ operations, signal, say, tell }) => {
      const response = await operations.jobs({}, signal);
      tell(response);
      const newest = [...response.jobs].sort((a, b) => b.created.localeCompare(a.created));
      say(newest.length === 0 ? 'No jobs.' : renderTable(columns, newest.map(row), terminal));
      return exits.ok;
    }),
});

const columns = [...texts('JOB', 'KIND', 'STATE'), ...numbers('DONE', 'REJECTED'), ...texts('BEGUN', 'WHAT')];

function row(job: Job): readonly Cell[] {
  const { id, kind, state, created, streams } = job;
  const { done, total } = doneOf(job);
  const rejected = streams.reduce((sum, stream) => sum + stream.deadLettered + stream.damaged, 0);
  const share = total === 0 ? (state === 'done' ? '100 %' : '-') : `${Math.floor((100 * done) / total)} %`;
  const colour = state === 'done' ? undefined : stateColours[state];
  return [id, kind, { text: state, colour }, share, group(rejected), clockTime(created), messageOf(job)];
}

export const jobsCancelCommand = defineCommand({
  usage: 'ID',
  text: 'End a job where it stands. What it has sent is sent; what it has not stays as it was.',
  exits: { ok: 'it has ended, now or before', notFound: 'there is no such job' },
  connector: 'changes',
  despiteFaults: true,
  message: [1, 1],
  json: { schema: routes.cancelJob.response },
  run: ({ message: [id = ''], terminal, ask }) =>
    ask(async ({ operations, signal, say, tell }) => {
      const job = await operations.cancelJob({ id }, signal);
      tell(job);
      say(renderJob(job, terminal));
      return exits.ok;
    }),
});

const { temporary: _, ...watchExits } = jobExits;

export const jobsWatchCommand = defineCommand({
  usage: 'ID',
  text: 'Follow a job to its end. Ctrl-C leaves it to the connector.',
  exits: { ...watchExits, ok: 'all is delivered', notFound: 'there is no such job' },
  connector: 'changes',
  despiteFaults: true,
  message: [1, 1],
  json: {
    schema: routes.watchJob.response,
    lines: true,
    note: 'How it stands, now and then; the last line is its end.',
  },
  run: ({ message: [id = ''], terminal, ask }) => ask((asking) => watchJob(id, asking, terminal)),
});
