// `xiq-siem status`: is anything lost, what is stuck, and what to do.
import { routes } from '@xiq-siem/admin-api';
import { type CommandOptions, wholeNumber } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import { renderStatus } from './status-view.ts';
import { needsPerson } from './verdict.ts';

const options = {
  watch: { type: 'boolean', help: 'again and again, until Ctrl-C' },
  every: { type: 'string', value: 'SECONDS', help: 'with --watch: how often (default 2)' },
  acknowledge: { type: 'string', value: 'ID', help: 'the gap or incident ID was seen: it is not shown any more' },
} as const satisfies CommandOptions;

const defaultSeconds = 2;

export const statusCommand = defineCommand({
  text: `Whether anything is lost, whether webhooks are accepted, and how each destination is: its state, what it lags by (bodies, bytes, age of the oldest), events per second, delivered, open dead letters, and in how long the journal is full at the pace of today should it take nothing more. For what is not well: why, and which command helps.

Of a stopped connector: what its files say.`,
  options,
  exits: {
    ok: 'all is well (or the gap or incident is acknowledged)',
    attention:
      'something needs a person: a destination is paused or holds events, there are dead letters, a gap, bodies that cannot be read, a state file that was damaged or missing, a destination to forget, a sum that does not hold, a subscription that is not as configured, a public URL that is wrong, an API that fails, or webhooks are not accepted (it is stopped, or its reason is told)',
    notFound: 'there is no such gap or incident',
    unavailable: 'the connector does not answer, or (--acknowledge) does not run',
  },
  connector: 'reads',
  despiteFaults: true,
  json: {
    schema: routes.status.response,
    note: 'With `--watch` one a line.',
    instead: [{ when: 'With `--acknowledge`', schema: routes.acknowledgeGap.response }],
  },
  async run({ values, terminal, ask }) {
    const { acknowledge: gap, watch = false, every } = values;
    if (gap !== undefined) {
      return ask(async ({ operations, signal, say, tell }) => {
        tell(await operations.acknowledgeGap({ gap }, signal));
        say(`${printable(gap)} is acknowledged.`);
        return exits.ok;
      }, 'changes');
    }
    const seconds = every === undefined ? defaultSeconds : wholeNumber('--every', every, 1, 86_400);
    return ask(async ({ operations, signal, json, say, tell }) => {
      for (;;) {
        const status = await operations.status({}, signal);
        if (watch && !json) terminal.clear();
        tell(status);
        say(renderStatus(status, terminal));
        if (!watch) return needsPerson(status) ? exits.attention : exits.ok;
        await terminal.pause(seconds * 1000);
        if (signal.aborted) return exits.interrupted;
        if (terminal.columns === undefined) say('');
      }
    });
  },
});
