// `xiq-siem replay`: what was received in a span again, by the mapping of today.
import { routes } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { type CommandOptions, wholeNumber } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { type BeginJob, followJob, jobExits, jobJson, jobOptions } from '../jobs/follow-job.ts';
import { parseSpan, timeHelp } from '../time.ts';
import { parseWhere, whereOption, whereQuery } from '../where.ts';
import { preview } from './preview.ts';

const options = {
  from: { type: 'string', value: 'TIME', help: 'what was received at or after it (needed)' },
  to: { type: 'string', value: 'TIME', help: 'what was received before it (default: now)' },
  destination: { type: 'string', multiple: true, value: 'NAME', help: 'only to this one; may be given again' },
  ...whereOption,
  'dry-run': { type: 'boolean', help: 'send nothing; show what the mapping file as it stands now would change' },
  examples: { type: 'string', value: 'COUNT', help: 'with --dry-run: changes to show, up to 1000 (default 20)' },
  ...jobOptions,
} as const satisfies CommandOptions;

export const replayCommand = defineCommand({
  usage: '--from TIME',
  text: `Send what was received in a span again, through the mapping of today: the same event ids, so that a destination that tells them apart keeps no second copy. It is a job in the connector with a durable position: the same command, with times that do not move, goes on with one that was interrupted.

With --dry-run nothing is sent: it shows, for some events, each field before and after, and counts what would change in all. It is how a mapping file is tried; a stopped connector will do.

${timeHelp}`,
  options,
  exits: { ...jobExits, ok: `${jobExits.ok}; --dry-run: shown` },
  connector: 'reads',
  json: { ...jobJson, instead: [{ when: 'With `--dry-run`', schema: routes.previewReplay.response, lines: true }] },
  async run({ values, terminal, ask }) {
    if (values.from === undefined) throw new ConnectorError('usage', '--from is needed\nSee: xiq-siem replay --help');
    const where = parseWhere(values.where);
    const { from = values.from, to = '' } = parseSpan({ from: values.from, to: values.to ?? 'now' }, terminal.now());
    const { destination: destinations, 'dry-run': dryRun = false, 'no-wait': leave = false } = values;
    if (dryRun) {
      const examples = values.examples === undefined ? undefined : wholeNumber('--examples', values.examples, 0, 1000);
      return ask((asking) => preview({ from, to, ...whereQuery(where), examples }, asking, terminal));
    }
    const request = { from, to, destinations, where: values.where && where };
    const begin: BeginJob = (operations, signal) => operations.replay(request, signal);
    return ask((asking) => followJob(begin, !leave, asking, terminal), 'changes');
  },
});
