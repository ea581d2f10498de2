// `xiq-siem dlq retry`: sends dead letters again.
import type { CommandOptions } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { type BeginJob, followJob, jobExits, jobJson, jobOptions } from '../jobs/follow-job.ts';
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
  despiteFaults: true,
  message: [0, maxNumbers],
  json: jobJson,
  async run({ values, message, terminal, ask }) {
    const { renormalize = false, 'no-wait': leave = false } = values;
    const request = { ...filterOf(values, terminal.now()), numbers: numbersOf(message), renormalize };
    const begin: BeginJob = (operations, signal) => operations.retry(request, signal);
    return ask((asking) => followJob(begin, !leave, asking, terminal));
  },
});
