// `xiq-siem dlq show NUMBER`: one dead letter, whole.
import { routes } from '@xiq-siem/admin-api';
import { type CommandOptions, parseArguments, wholeNumber } from '../arguments.ts';
import { ask } from '../ask.ts';
import { type Command, commonOptions } from '../command.ts';
import { exits } from '../exit-codes.ts';
import { renderHelp } from '../help.ts';
import { renderDocument } from '../terminal/document.ts';
import { renderFacts } from '../terminal/facts.ts';
import { clockTime, group } from '../terminal/units.ts';

const options = commonOptions satisfies CommandOptions;

export const showCommand: Command = {
  help: renderHelp({
    name: 'dlq show',
    words: 'NUMBER',
    text: `One dead letter: why the destination refused it, in its own words, where it came from, and the document as it would be sent. The document holds what a tenant sent: mind who sees it.`,
    options,
    exits: [
      [exits.ok, 'shown'],
      [exits.usage, 'wrong arguments'],
      [exits.notFound, 'there is no such dead letter (any more)'],
      [exits.unavailable, 'the connector does not answer'],
      [exits.config, 'the configuration is at fault'],
    ],
  }),
  json: { schema: routes.showDeadLetter.answer },
  async run(args, session) {
    const { values, positionals } = parseArguments('dlq show', args, options, [1, 1]);
    const number = wholeNumber('number', positionals[0] ?? '');
    return ask(values, session, 'reads', async ({ operations, signal, say, tell }) => {
      const shown = await operations.showDeadLetter({ number }, signal);
      tell(shown);
      const { entry, document } = shown;
      const facts: readonly (readonly [string, string])[] = [
        ['destination', entry.destination],
        ['code', entry.code],
        ...(entry.words === undefined ? [] : [['words', entry.words] as const]),
        ['data set', entry.dataset],
        ['event', entry.eventId],
        ['receipt', `${entry.receipt} (element ${entry.element})`],
        ['tried', `${group(entry.attempts)} x, ${clockTime(entry.firstAttempt)} to ${clockTime(entry.lastAttempt)}`],
      ];
      say([`Dead letter ${number}`, ...renderFacts(facts), '', ...renderDocument(document)]);
      return exits.ok;
    });
  },
};
