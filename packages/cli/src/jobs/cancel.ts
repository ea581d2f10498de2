// `xiq-siem jobs cancel ID`: ends a job where it stands.
import { routes } from '@xiq-siem/admin-api';
import { parseArguments } from '../arguments.ts';
import { ask } from '../ask.ts';
import { type Command, commonOptions } from '../command.ts';
import { exits } from '../exit-codes.ts';
import { renderHelp } from '../help.ts';
import { renderJob } from './job-view.ts';

export const jobsCancelCommand: Command = {
  help: renderHelp({
    name: 'jobs cancel',
    words: 'ID',
    text: 'End a job where it stands. What it has sent is sent; what it has not stays as it was.',
    options: commonOptions,
    exits: [
      [exits.ok, 'it has ended, now or before'],
      [exits.usage, 'wrong arguments'],
      [exits.notFound, 'there is no such job'],
      [exits.unavailable, 'the connector does not run'],
      [exits.config, 'the configuration is at fault'],
    ],
  }),
  json: { schema: routes.cancelJob.answer },
  async run(args, session) {
    const { values, positionals } = parseArguments('jobs cancel', args, commonOptions, [1, 1]);
    const [id = ''] = positionals;
    return ask(values, session, 'changes', async ({ operations, signal, say, tell }) => {
      const job = await operations.cancelJob({ id }, signal);
      tell(job);
      say(renderJob(job, session.terminal));
      return exits.ok;
    });
  },
};
