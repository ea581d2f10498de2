// `xiq-siem status`: shows losses, problems and what to do.
import { routes } from '@xiq-siem/admin-api';
import { type CommandOptions, wholeNumber } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { needsOperator } from './headline.ts';
import { renderStatus, type Style } from './status-view.ts';

const options = {
  watch: { type: 'boolean', help: 'repeat until Ctrl-C' },
  every: { type: 'string', value: 'SECONDS', help: 'with --watch: interval (default 2)' },
  acknowledge: { type: 'string', value: 'ID', help: 'stop showing this retention gap or incident' },
} as const satisfies CommandOptions;

const defaultSeconds = 2;

/** A line below the status says that it is a snapshot. */
const screenOf = ({ columns, rows, colours }: Terminal, snapshot: boolean): Style => ({
  ...{ columns, colours },
  rows: rows === undefined || !snapshot ? rows : rows - 1,
});

export const statusCommand = defineCommand({
  text: `Show what is wrong, the worst first, and the state of each destination. The first line is the worst problem; each problem has its reason and the next command. On a small screen, less important figures and problems are left out.

REQUESTS, BYTES and AGE are what the journal still stores for a destination (AGE: of the oldest request). EV/S are events per second, FILTERED the events that its \`where\` excludes, DEAD its open dead letters, and FULL IN the time until the journal is full if the destination stays down.

If the connector is stopped, its files are read.`,
  options,
  exits: {
    ok: 'no problem that needs an operator; with --acknowledge: acknowledged',
    attention: 'an operator must act: at least one problem (docs/reference/problems.md)',
    notFound: 'there is no such retention gap or incident',
    unavailable: 'the connector does not respond; with --acknowledge: it does not run',
  },
  connector: 'reads',
  allowInvalidConfiguration: true,
  announcesLast: true,
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
    return connect(async ({ operations, signal, snapshot, json, print, printJson }) => {
      for (;;) {
        const status = await operations.status({}, signal);
        if (watch && !json) terminal.clear();
        printJson(status);
        print(renderStatus(status, screenOf(terminal, snapshot), values));
        if (!watch) return needsOperator(status) ? exits.attention : exits.ok;
        await terminal.pause(seconds * 1000);
        if (signal.aborted) return exits.interrupted;
        if (terminal.columns === undefined) print('');
      }
    });
  },
});
