// `xiq-siem jobs watch ID`: follows a job to its end.
import { routes } from '@xiq-siem/admin-api';
import { defineCommand } from '../define-command.ts';
import { jobExits, watchJob } from './follow-job.ts';

const { temporary: _, ...watchExits } = jobExits;

export const jobsWatchCommand = defineCommand({
  usage: 'ID',
  text: 'Follow a job to its end. Ctrl-C leaves it to the connector.',
  exits: {
    ...watchExits,
    ok: 'all is delivered',
    notFound: 'there is no such job',
  },
  connector: 'changes',
  words: [1, 1],
  json: { schema: routes.watchJob.answer, lines: true, note: 'How it stands, now and then; the last line is its end.' },
  async run({ words, terminal, ask }) {
    return ask((asking) => watchJob(words[0] ?? '', asking, terminal));
  },
});
