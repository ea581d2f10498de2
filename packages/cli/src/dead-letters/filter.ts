// Which dead letters are meant: the options of every `dlq` command, as the API takes them.
import { type CommandOptions, wholeNumber } from '../arguments.ts';
import { parseSpan } from '../time.ts';

export const filterOptions = {
  destination: { type: 'string', value: 'NAME', help: 'only of this destination' },
  code: { type: 'string', value: 'CODE', help: 'only with this code' },
  dataset: { type: 'string', value: 'NAME', help: 'only of this data set (event.dataset)' },
  event: { type: 'string', value: 'ID', help: 'only this event (event.id)' },
  from: { type: 'string', value: 'TIME', help: 'only last tried at or after it' },
  to: { type: 'string', value: 'TIME', help: 'only last tried before it' },
} as const satisfies CommandOptions;

type FilterValues = { readonly [Name in keyof typeof filterOptions]?: string | undefined };
export type Filter = ReturnType<typeof filterOf>;

/** @throws ConnectorError `usage` for a time that is none. */
export function filterOf({ destination, code, dataset, event, from, to }: FilterValues, nowMs: number) {
  return { destination, code, dataset, eventId: event, ...parseSpan({ from, to }, nowMs) };
}

/** True where no condition is set: all are meant. */
export const isEmpty = (filter: object): boolean => Object.values(filter).every((value) => value === undefined);

/** The numbers that stand beside the options, where any do. */
export function numbersOf(message: readonly string[]): number[] | undefined {
  return message.length === 0 ? undefined : message.map((word) => wholeNumber('number', word));
}

/** As many as the API takes at once. */
export const maxNumbers = 1000;
