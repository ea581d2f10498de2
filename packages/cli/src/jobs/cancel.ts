// `xiq-siem jobs cancel ID`: ends a job where it stands.
import { routes } from '@xiq-siem/admin-api';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { renderJob } from './job-view.ts';

export const jobsCancelCommand = defineCommand({
  usage: 'ID',
  text: 'End a job where it stands. What it has sent is sent; what it has not stays as it was.',
  exits: {
    ok: 'it has ended, now or before',
    notFound: 'there is no such job',
  },
  connector: 'changes',
  words: [1, 1],
  json: { schema: routes.cancelJob.answer },
  async run({ words, terminal, ask }) {
    const [id = ''] = words;
    return ask(async ({ operations, signal, say, tell }) => {
      const job = await operations.cancelJob({ id }, signal);
      tell(job);
      say(renderJob(job, terminal));
      return exits.ok;
    });
  },
});
