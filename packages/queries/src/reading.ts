// The operations that only read: the same on a running connector and on the files of a stopped one.
import type { DeadLetterEntry, Operations } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { ListedDeadLetter } from '@xiq-siem/state';
import { z } from 'zod';
import { filterOf } from './event-filter.ts';
import type { Evidence } from './evidence.ts';
import { shapesOf } from './shapes.ts';
import { traceEvent, traceReceipt } from './trace.ts';

export type ReadingOperations = Pick<
  Operations,
  'traceReceipt' | 'traceEvent' | 'listDeadLetters' | 'groupDeadLetters' | 'showDeadLetter' | 'shapes'
>;

export type Authentication = Parameters<typeof shapesOf>[2];

const defaultLimit = 100;
const document = z.record(z.string(), z.unknown());

/** `open` gives the evidence of the moment; `authentication` what is known of how senders authenticated. */
export function readingOperations(open: () => Evidence, authentication: () => Authentication): ReadingOperations {
  return {
    traceReceipt: async ({ receipt }) => traceReceipt(open(), receipt),
    async *traceEvent({ eventId, from, to }, signal) {
      yield* traceEvent(open(), eventId, { from, to }, signal);
    },
    async listDeadLetters({ after, limit = defaultLimit, ...filter }) {
      const { snapshot, deadLetters } = open();
      const page = await deadLetters.list(filterOf(filter), { limit, ...(after !== undefined && { after }) });
      const left = [...deadLetters.counts().values()].reduce((sum, counts) => sum + counts.open, 0);
      return {
        ...{ snapshot, open: left, matched: page.matched, entries: page.entries.map(entryOf) },
        ...(page.next !== undefined && { next: page.next }),
      };
    },
    async groupDeadLetters() {
      const { snapshot, deadLetters } = open();
      return {
        snapshot,
        groups: deadLetters.groups().map(({ destination, code, dataset, count, oldestMs, newestMs }) => ({
          ...{ destination, code, dataset, events: count },
          ...{ oldest: timeOf(oldestMs), newest: timeOf(newestMs) },
        })),
        counts: [...deadLetters.counts()].map(([destination, { open: still, delivered, dropped }]) => ({
          ...{ destination, open: still, delivered, dropped },
        })),
      };
    },
    async showDeadLetter({ number }) {
      const { snapshot, deadLetters } = open();
      const found = await deadLetters.get(number);
      if (found === undefined) {
        throw new ConnectorError('not_found', `there is no dead letter ${number}: it was resolved, or never was`);
      }
      return { snapshot, entry: entryOf(found), document: document.parse(JSON.parse(found.json)) };
    },
    async *shapes(span, signal) {
      yield* shapesOf(open(), span, authentication(), signal);
    },
  };
}

function entryOf(letter: ListedDeadLetter): DeadLetterEntry {
  const { number, destination, code, message, dataset, id, receipt, element, attempts } = letter;
  return {
    ...{ number, destination, code, dataset, eventId: id, receipt, element, attempts },
    ...(message !== undefined && { words: message }),
    ...{ firstAttempt: timeOf(letter.firstAttemptMs), lastAttempt: timeOf(letter.lastAttemptMs) },
  };
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
