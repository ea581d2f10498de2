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

interface FilterValues {
  readonly destination?: string | undefined;
  readonly code?: string | undefined;
  readonly dataset?: string | undefined;
  readonly event?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface Filter {
  destination?: string;
  code?: string;
  dataset?: string;
  eventId?: string;
  from?: string;
  to?: string;
}

/** @throws ConnectorError `usage` for a time that is none. */
export function filterOf({ destination, code, dataset, event, from, to }: FilterValues, nowMs: number): Filter {
  return {
    ...(destination !== undefined && { destination }),
    ...(code !== undefined && { code }),
    ...(dataset !== undefined && { dataset }),
    ...(event !== undefined && { eventId: event }),
    ...parseSpan({ from, to }, nowMs),
  };
}

/** The numbers that stand beside the options, where any do. */
export function numbersOf(words: readonly string[]): { numbers?: number[] } {
  return words.length === 0 ? {} : { numbers: words.map((word) => wholeNumber('number', word)) };
}

/** As many as the API takes at once. */
export const maxNumbers = 1000;
