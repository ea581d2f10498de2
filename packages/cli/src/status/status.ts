// `xiq-siem status`: shows losses, problems and what to do.
import { routes } from '@xiq-siem/admin-api';
import { type CommandOptions, wholeNumber } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import { needsOperator } from './headline.ts';
import { renderStatus } from './status-view.ts';

const options = {
  watch: { type: 'boolean', help: 'repeat until Ctrl-C' },
  every: { type: 'string', value: 'SECONDS', help: 'with --watch: interval (default 2)' },
  acknowledge: { type: 'string', value: 'ID', help: 'stop showing this retention gap or incident' },
} as const satisfies CommandOptions;

const defaultSeconds = 2;

export const statusCommand = defineCommand({
  text: `Show whether anything is lost, whether webhooks are accepted, and the state of each destination. REQUESTS, BYTES and AGE are what the journal still stores for it (AGE: of the oldest request). EV/S are events per second, DEAD its open dead letters, and FULL IN the time until the journal is full if the destination stays down. For each problem, the cause and the next command are shown.

If the connector is stopped, its files are read.`,
  options,
  exits: {
    ok: 'no problem; with --acknowledge: acknowledged',
    attention:
      'an operator must act: a destination is paused or has blocked events; dead letters, retention gaps, unreadable requests, state file incidents, a destination to forget; an accounting mismatch; a problem with a subscription, the public URL or the API; or webhooks are not accepted',
    notFound: 'there is no such retention gap or incident',
    unavailable: 'the connector does not respond; with --acknowledge: it does not run',
  },
  connector: 'reads',
  allowInvalidConfiguration: true,
  json: {
    schema: routes.status.response,
    note: 'With `--watch` one per line.',
    instead: [{ when: 'With `--acknowledge`', schema: routes.acknowledgeGap.response }],
  },
  async run({ values, terminal, connect }) {
    const { acknowledge: gap, watch = false, every } = values;
    if (gap !== undefined) {
      return connect(async ({ operations, signal, print, printJson }) => {
        printJson(await operations.acknowledgeGap({ gap }, signal));
        print(`${printable(gap)} is acknowledged.`);
        return exits.ok;
      }, 'changes');
    }
    const seconds = every === undefined ? defaultSeconds : wholeNumber('--every', every, 1, 86_400);
    return connect(async ({ operations, signal, json, print, printJson }) => {
      for (;;) {
        const status = await operations.status({}, signal);
        if (watch && !json) terminal.clear();
        printJson(status);
        print(renderStatus(status, terminal));
        if (!watch) return needsOperator(status) ? exits.attention : exits.ok;
        await terminal.pause(seconds * 1000);
        if (signal.aborted) return exits.interrupted;
        if (terminal.columns === undefined) print('');
      }
    });
  },
});
