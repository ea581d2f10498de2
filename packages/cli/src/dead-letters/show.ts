// `xiq-siem dlq show NUMBER`: shows one dead letter and its document.
import { routes } from '@xiq-siem/admin-api';
import { wholeNumber } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import { clockTime, group } from '../terminal/units.ts';

export const showCommand = defineCommand({
  usage: 'NUMBER',
  text: 'Show one dead letter: the reason, the message of the server, its origin, and the document as it would be sent. The document contains data of the tenant: take care who sees it.',
  exits: { ok: 'shown', notFound: 'there is no such dead letter' },
  connector: 'reads',
  allowInvalidConfiguration: true,
  positionals: [1, 1],
  json: { schema: routes.showDeadLetter.response },
  async run({ positionals, connect }) {
    const number = wholeNumber('number', positionals[0] ?? '');
    return connect(async ({ operations, signal, print, printJson }) => {
      const response = await operations.showDeadLetter({ number }, signal);
      printJson(response);
      const { entry, document } = response;
      const attributes: readonly (readonly [string, string])[] = [
        ['destination', entry.destination],
        ...(entry.parked ? [['state', 'parked: it is sent again automatically'] as const] : []),
        ['code', entry.code],
        ...(entry.message === undefined ? [] : [['server message', entry.message] as const]),
        ['data set', entry.dataset],
        ['event', entry.eventId],
        ['receipt', `${entry.receipt} (element ${entry.element})`],
        ['attempts', `${group(entry.attempts)}, ${clockTime(entry.firstAttempt)} to ${clockTime(entry.lastAttempt)}`],
      ];
      print([
        `${entry.parked ? 'Parked event' : 'Dead letter'} ${number}`,
        ...renderAttributes(attributes),
        '',
        ...renderDocument(document),
      ]);
      return exits.ok;
    });
  },
});

export function renderDocument(document: unknown): readonly string[] {
  // JSON escapes C0 controls; the other controls are escaped here, which is the same JSON.
  return JSON.stringify(document, undefined, 2).split('\n').map(printable);
}

/** Escapes the texts. */
export function renderAttributes(attributes: readonly (readonly [name: string, text: string])[]): readonly string[] {
  const width = Math.max(0, ...attributes.map(([name]) => name.length));
  return attributes.map(([name, text]) => `  ${name.padEnd(width)}  ${printable(text)}`);
}
