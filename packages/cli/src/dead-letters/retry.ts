// `xiq-siem dlq retry`: sends dead letters again.
import type { CommandOptions } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { followJob, jobExits, jobJson, jobOptions, type StartJob } from '../jobs/follow-job.ts';
import { timeHelp } from '../time.ts';
import { filterOf, filterOptions, maxNumbers, numbersOf } from './filter.ts';

const options = {
  ...filterOptions,
  renormalize: { type: 'boolean', help: 'normalize the stored request again with the current mapping' },
  ...jobOptions,
} as const satisfies CommandOptions;

export const retryCommand = defineCommand({
  usage: '[NUMBER…]',
  text: `Send dead letters again: all, or those that the numbers and filters select. A delivered one is removed from the dead-letter queue. A rejected one stays, with its new reason. Parked events are sent again automatically; select them with --parked or by number to send them now. The command starts a job in the connector; after an interruption, the same command resumes it.

${timeHelp}`,
  options,
  exits: jobExits,
  connector: 'changes',
  allowInvalidConfiguration: true,
  positionals: [0, maxNumbers],
  json: jobJson,
  async run({ values, positionals, terminal, connect }) {
    const { renormalize = false, 'no-wait': noWait = false } = values;
    const request = { ...filterOf(values, terminal.now()), numbers: numbersOf(positionals), renormalize };
    const start: StartJob = (operations, signal) => operations.retry(request, signal);
    return connect((connection) => followJob(start, !noWait, connection, terminal));
  },
});
