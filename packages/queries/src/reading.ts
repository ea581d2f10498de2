// Read-only operations, the same for a running connector and for the files of a stopped one.
import type { DeadLetterEntry, Job, Operations, SnapshotOperations, Status } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { DestinationCheck } from '@xiq-siem/pipeline';
import type { ListedDeadLetter } from '@xiq-siem/state';
import { z } from 'zod';
import { filterOf, whereOfQuery } from './event-filter.ts';
import type { ReadModel } from './read-model.ts';
import { type Mapping, previewReplay } from './replay-preview.ts';
import { traceEvent, traceReceipt } from './trace.ts';
import { unmappedOf } from './unmapped.ts';

export interface ReadingParts {
  readonly snapshot: boolean;
  /** Created for each call: the configuration may change between two calls. */
  readModel(): ReadModel;
  status(): Promise<Status>;
  /** Counts of the credential forms that senders used. */
  authentication(): Parameters<typeof unmappedOf>[2];
  jobs(): Promise<readonly Job[]>;
  /** For the replay preview: the mapping before a change, and the one of the current configuration file. */
  mappings(): Promise<{ readonly before: Mapping; readonly after: Mapping }>;
  check(): Promise<readonly DestinationCheck[]>;
  readonly xiq: Pick<Operations, 'previewBackfill' | 'completeness'>;
}

const defaultLimit = 100;
const defaultExamples = 20;
const document = z.record(z.string(), z.unknown());

export function readingOperations(parts: ReadingParts): SnapshotOperations {
  const { snapshot, readModel, authentication, mappings, xiq } = parts;
  return {
    status: () => parts.status(),
    traceReceipt: async ({ receipt }) => traceReceipt(readModel(), receipt),
    async *traceEvent({ eventId, from, to }, signal) {
      yield* traceEvent(readModel(), eventId, { from, to }, signal);
    },
    async listDeadLetters({ after, limit = defaultLimit, ...filter }) {
      const { deadLetters } = readModel();
      const page = { limit, ...(after !== undefined && { after }) };
      const { entries, ...found } = await deadLetters.list(filterOf(filter), page);
      const counts = [...(await deadLetters.counts()).values()];
      const open = counts.reduce((sum, one) => sum + one.open, 0);
      const parked = counts.reduce((sum, one) => sum + one.parked, 0);
      return { snapshot, entries: entries.map(entryOf), ...found, open, parked };
    },
    async groupDeadLetters() {
      const { deadLetters } = readModel();
      const groups = (await deadLetters.groups()).map(
        ({ destination, code, parked, dataset, count: events, oldestMs, newestMs }) => {
          return { destination, code, parked, dataset, events, oldest: timeOf(oldestMs), newest: timeOf(newestMs) };
        },
      );
      const counts = [...(await deadLetters.counts())].map(([destination, { open, parked, delivered, dropped }]) => {
        return { destination, open, parked, delivered, dropped };
      });
      return { snapshot, groups, counts };
    },
    async showDeadLetter({ number }) {
      const { deadLetters } = readModel();
      const found = await deadLetters.get(number);
      if (found === undefined) {
        throw new ConnectorError('not_found', `unknown dead letter ${number}: it was resolved, or the number is wrong`);
      }
      return { snapshot, entry: entryOf(found), document: document.parse(JSON.parse(found.json)) };
    },
    jobs: async () => ({ snapshot, jobs: [...(await parts.jobs())] }),
    async *previewReplay({ from, to, examples = defaultExamples, ...query }, signal) {
      const input = { span: { from, to }, where: whereOfQuery(query), examples, ...(await mappings()) };
      yield* previewReplay(readModel(), input, signal);
    },
    previewBackfill: xiq.previewBackfill,
    completeness: xiq.completeness,
    async *unmapped(span, signal) {
      yield* unmappedOf(readModel(), span, authentication(), signal);
    },
    check: async () => ({ snapshot, destinations: [...(await parts.check())] }),
  };
}

function entryOf({ firstAttemptMs, lastAttemptMs, ...letter }: ListedDeadLetter): DeadLetterEntry {
  const { number, destination, code, message, parked, dataset, id: eventId, receipt, element, attempts } = letter;
  const times = { firstAttempt: timeOf(firstAttemptMs), lastAttempt: timeOf(lastAttemptMs) };
  return { number, destination, code, message, parked, dataset, eventId, receipt, element, attempts, ...times };
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
