// `xiq-siem jobs watch ID`: follows a job to its end.
import { routes } from '@xiq-siem/admin-api';
import { parseArguments } from '../arguments.ts';
import { ask } from '../ask.ts';
import { type Command, commonOptions } from '../command.ts';
import { exits } from '../exit-codes.ts';
import { renderHelp } from '../help.ts';
import { jobExits, watchJob } from './follow-job.ts';

export const jobsWatchCommand: Command = {
  help: renderHelp({
    name: 'jobs watch',
    words: 'ID',
    text: 'Follow a job to its end. Ctrl-C leaves it to the connector.',
    options: commonOptions,
    exits: [
      ...jobExits.filter(([code]) => code !== exits.temporary && code !== exits.ok),
      [exits.ok, 'all is delivered'],
      [exits.notFound, 'there is no such job'],
    ],
  }),
  json: { schema: routes.watchJob.answer, lines: true, note: 'How it stands, now and then; the last line is its end.' },
  async run(args, session) {
    const { values, positionals } = parseArguments('jobs watch', args, commonOptions, [1, 1]);
    return ask(values, session, 'changes', (asking) => watchJob(positionals[0] ?? '', asking, session));
  },
};
