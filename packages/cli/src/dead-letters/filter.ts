// The options of the `dlq` commands that select dead letters.
import { type CommandOptions, wholeNumber } from '../arguments.ts';
import { parseSpan } from '../time.ts';

export const filterOptions = {
  destination: { type: 'string', value: 'NAME', help: 'of this destination' },
  code: { type: 'string', value: 'CODE', help: 'with this code' },
  dataset: { type: 'string', value: 'NAME', help: 'of this data set (event.dataset)' },
  event: { type: 'string', value: 'ID', help: 'of this event (event.id)' },
  parked: { type: 'boolean', help: 'parked events only: they are retried automatically' },
  from: { type: 'string', value: 'TIME', help: 'last attempt at or after TIME' },
  to: { type: 'string', value: 'TIME', help: 'last attempt before TIME' },
} as const satisfies CommandOptions;

type Options = typeof filterOptions;
type FilterValues = {
  readonly [Name in keyof Options]?: (Options[Name]['type'] extends 'boolean' ? boolean : string) | undefined;
};
export type Filter = ReturnType<typeof filterOf>;

/** @throws ConnectorError `usage` for an invalid time. */
export function filterOf({ destination, code, dataset, event, parked, from, to }: FilterValues, nowMs: number) {
  return { destination, code, dataset, eventId: event, parked, ...parseSpan({ from, to }, nowMs) };
}

/** True if no condition is set: all dead letters match. */
export const isEmpty = (filter: object): boolean => Object.values(filter).every((value) => value === undefined);

/** The numbers of the positional arguments; undefined if there are none. */
export function numbersOf(positionals: readonly string[]): number[] | undefined {
  return positionals.length === 0 ? undefined : positionals.map((text) => wholeNumber('number', text));
}

/** The limit of the API. */
export const maxNumbers = 1000;
