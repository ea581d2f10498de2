// `xiq-siem dlq retry`: sends dead letters again.
import { routes } from '@xiq-siem/admin-api';
import type { CommandOptions } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { followJob, jobExits, jobOptions } from '../jobs/follow-job.ts';
import { timeHelp } from '../time.ts';
import { filterOf, filterOptions, maxNumbers, numbersOf } from './filter.ts';

const options = {
  ...filterOptions,
  renormalize: { type: 'boolean', help: 'start from the raw body, by the mapping of today' },
  ...jobOptions,
} as const satisfies CommandOptions;

export const retryCommand = defineCommand({
  usage: '[NUMBER…]',
  text: `Send dead letters again: all, or those of the numbers and filters. What is delivered is a dead letter no more; what is rejected again stays, with its new reason. It is a job in the connector with a durable position: the same command goes on with one that was interrupted.

${timeHelp}`,
  options,
  exits: jobExits,
  connector: 'changes',
  words: [0, maxNumbers],
  json: {
    schema: routes.watchJob.answer,
    lines: true,
    note: 'How the job stands, now and then; the last line is its end. `--no-wait`: one line.',
  },
  async run({ values, words, terminal, ask }) {
    const request = {
      ...filterOf(values, terminal.now()),
      ...numbersOf(words),
      renormalize: values.renormalize ?? false,
    };
    return ask(async (asking) =>
      followJob(await asking.operations.retry(request, asking.signal), values['no-wait'] !== true, asking, terminal),
    );
  },
});
