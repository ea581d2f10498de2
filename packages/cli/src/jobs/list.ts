// `xiq-siem jobs`: the jobs there are.
import { type Job, routes } from '@xiq-siem/admin-api';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { type Cell, renderTable } from '../terminal/table.ts';
import { clockTime, group } from '../terminal/units.ts';
import { doneOf, wordsOf } from './job-view.ts';

export const jobsListCommand = defineCommand({
  text: 'The jobs (retries, replays, back-fills) there are and were, newest first: state, how far, what was rejected. An interrupted one goes on when the same command is given again.',
  exits: {
    ok: 'listed, be there any or none',
  },
  connector: 'reads',
  json: { schema: routes.jobs.answer },
  async run({ terminal, ask }) {
    return ask(async ({ operations, signal, say, tell }) => {
      const answer = await operations.jobs({}, signal);
      tell(answer);
      const newest = [...answer.jobs].sort((a, b) => b.created.localeCompare(a.created));
      say(newest.length === 0 ? 'No jobs.' : renderTable(columns, newest.map(row), terminal));
      return exits.ok;
    });
  },
});

const columns = [
  { title: 'JOB' },
  { title: 'KIND' },
  { title: 'STATE' },
  { title: 'DONE', align: 'right' },
  { title: 'REJECTED', align: 'right' },
  { title: 'BEGUN' },
  { title: 'WHAT' },
] as const;

const colours = {
  running: 'green',
  interrupted: 'yellow',
  cancelled: 'yellow',
  done: undefined,
  failed: 'red',
} as const;

function row(job: Job): readonly Cell[] {
  const { id, kind, state, created, lanes } = job;
  const { done, total } = doneOf(job);
  const rejected = lanes.reduce((sum, lane) => sum + lane.deadLettered + lane.damaged, 0);
  const share = total === 0 ? (state === 'done' ? '100 %' : '-') : `${Math.floor((100 * done) / total)} %`;
  return [id, kind, { text: state, colour: colours[state] }, share, group(rejected), clockTime(created), wordsOf(job)];
}
