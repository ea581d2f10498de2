// `xiq-siem dlq show NUMBER`: one dead letter, whole.
import { routes } from '@xiq-siem/admin-api';
import { wholeNumber } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import { clockTime, group } from '../terminal/units.ts';

export const showCommand = defineCommand({
  usage: 'NUMBER',
  text: `One dead letter: why the destination refused it, in its own words, where it came from, and the document as it would be sent. The document holds what a tenant sent: mind who sees it.`,
  exits: { ok: 'shown', notFound: 'there is no such dead letter (any more)' },
  connector: 'reads',
  despiteFaults: true,
  message: [1, 1],
  json: { schema: routes.showDeadLetter.response },
  async run({ message, ask }) {
    const number = wholeNumber('number', message[0] ?? '');
    return ask(async ({ operations, signal, say, tell }) => {
      const shown = await operations.showDeadLetter({ number }, signal);
      tell(shown);
      const { entry, document } = shown;
      const attributes: readonly (readonly [string, string])[] = [
        ['destination', entry.destination],
        ['code', entry.code],
        ...(entry.message === undefined ? [] : [['message', entry.message] as const]),
        ['data set', entry.dataset],
        ['event', entry.eventId],
        ['receipt', `${entry.receipt} (element ${entry.element})`],
        ['tried', `${group(entry.attempts)} x, ${clockTime(entry.firstAttempt)} to ${clockTime(entry.lastAttempt)}`],
      ];
      say([`Dead letter ${number}`, ...renderAttributes(attributes), '', ...renderDocument(document)]);
      return exits.ok;
    });
  },
});

export function renderDocument(document: unknown): readonly string[] {
  // JSON escapes the C0 controls; what is left of the others means the same as an escape.
  return JSON.stringify(document, undefined, 2).split('\n').map(printable);
}

/** Texts may come from outside. */
export function renderAttributes(attributes: readonly (readonly [name: string, text: string])[]): readonly string[] {
  const width = Math.max(0, ...attributes.map(([name]) => name.length));
  return attributes.map(([name, text]) => `  ${name.padEnd(width)}  ${printable(text)}`);
}
