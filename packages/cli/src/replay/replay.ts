// `xiq-siem replay`: sends stored events again with the current mapping.
import { routes } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { type CommandOptions, wholeNumber } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { followJob, jobExits, jobJson, jobOptions, type StartJob } from '../jobs/follow-job.ts';
import { parseSpan, timeHelp } from '../time.ts';
import { parseWhere, whereOption, whereQuery } from '../where.ts';
import { preview } from './preview.ts';

const options = {
  from: { type: 'string', value: 'TIME', help: 'received at or after TIME (required)' },
  to: { type: 'string', value: 'TIME', help: 'received before TIME (default: now)' },
  destination: { type: 'string', multiple: true, value: 'NAME', help: 'only to this destination; repeatable' },
  ...whereOption,
  'dry-run': { type: 'boolean', help: 'send nothing; show what the mapping file would change' },
  examples: { type: 'string', value: 'COUNT', help: 'with --dry-run: changes to show, 0 to 1000 (default 20)' },
  ...jobOptions,
} as const satisfies CommandOptions;

export const replayCommand = defineCommand({
  usage: '--from TIME',
  text: `Send again the events that were received in a time span, with the current mapping. Event ids stay the same, so a destination that checks ids stores no duplicates. The command starts a job in the connector; after an interruption, the same command with the same absolute times resumes it.

Use --dry-run to test a mapping file: it sends nothing, shows the changed fields of some events, and counts all changes. It also works with a stopped connector.

${timeHelp}`,
  options,
  exits: { ...jobExits, ok: `${jobExits.ok}; with --dry-run: shown` },
  connector: 'reads',
  json: { ...jobJson, instead: [{ when: 'With `--dry-run`', schema: routes.previewReplay.response, lines: true }] },
  async run({ values, terminal, connect }) {
    if (values.from === undefined)
      throw new ConnectorError('usage', 'missing --from TIME\nSee: xiq-siem replay --help');
    const where = parseWhere(values.where);
    const { from = values.from, to = '' } = parseSpan({ from: values.from, to: values.to ?? 'now' }, terminal.now());
    const { destination: destinations, 'dry-run': dryRun = false, 'no-wait': noWait = false } = values;
    if (dryRun) {
      const examples = values.examples === undefined ? undefined : wholeNumber('--examples', values.examples, 0, 1000);
      return connect((connection) => preview({ from, to, ...whereQuery(where), examples }, connection, terminal));
    }
    const request = { from, to, destinations, where: values.where && where };
    const start: StartJob = (operations, signal) => operations.replay(request, signal);
    return connect((connection) => followJob(start, !noWait, connection, terminal), 'changes');
  },
});
