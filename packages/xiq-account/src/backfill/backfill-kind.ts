// `backfill` as a kind of job: what it goes over, and its work from wherever it stands.
import { type BackfillRequest, backfillRequest } from '@xiq-siem/admin-api';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import type { JobKind } from '@xiq-siem/jobs';
import type { Journal } from '@xiq-siem/journal';
import type { BackfilledIds, JobRecords } from '@xiq-siem/state';
import type { XiqCloud } from '../cloud.ts';
import type { ApiClock } from '../rest/api-clock.ts';
import { startBackfill } from './backfill-work.ts';
import type { JournalAccess } from './kept-bodies.ts';
import { requireRetained } from './known-ids.ts';
import { cloudNamed, hasLog, noLogWords, typesMeant } from './which-source.ts';

export interface BackfillParts {
  /** By the source's name, as configured now. */
  clouds(): ReadonlyMap<string, XiqCloud>;
  /** A new one for each job: its `yieldNow` is one work's. */
  access(): JournalAccess;
  readonly journal: Pick<Journal, 'append'>;
  readonly backfilled: Pick<BackfilledIds, 'add'>;
  readonly records: Pick<JobRecords, 'all' | 'save'>;
  readonly clock: ApiClock;
  readonly log: Logger;
}

const never = new AbortController().signal;
/** Clocks differ a little, also those of a command and its connector. */
const maxAheadMs = 5 * 60_000;

export function backfillKind(parts: BackfillParts): JobKind {
  const { clouds, access, journal, backfilled, records, clock, log } = parts;
  return {
    resumesFailed: true,
    async outline(given) {
      const request = backfillRequest.parse(given);
      const cloud = cloudNamed(clouds(), request.source);
      const { fromMs } = spanOf(request, clock.now());
      const types = typesMeant(cloud, request.messageTypes);
      const meant = request.messageTypes === undefined ? types.filter(hasLog) : types;
      if (!meant.some(hasLog)) {
        throw new ConnectorError('usage', `${types.map(noLogWords).join('; ')}: nothing can be fetched`);
      }
      if (!request.forceDuplicates) await requireRetained(access().journal, fromMs, never);
      return {
        backfill: {
          source: cloud.source,
          types: meant.map((messageType) => ({ messageType, fetchedToMs: fromMs, fetched: 0, known: 0, kept: 0 })),
        },
      };
    },
    async begin({ job: { id }, backfill, job }) {
      const { forceDuplicates, ...request } = backfillRequest.parse(job.request);
      if (backfill === undefined) throw new ConnectorError('usage', `job ${id} is no back-fill`);
      const cloud = cloudNamed(clouds(), backfill.source);
      const span = { job: id, fromMs: Date.parse(request.from), toMs: Date.parse(request.to), forceDuplicates };
      return startBackfill(span, backfill, {
        ...{ cloud, access: access(), backfilled, clock, log },
        append: journal.append,
        async save(progress, types) {
          const record = records.all().find((one) => one.job.id === id);
          if (record === undefined) return;
          await records.save({ ...record, backfill: progress, job: { ...record.job, types: [...types] } });
        },
      });
    },
  };
}

/** @throws ConnectorError `usage` where it is none, or has not begun. */
export function spanOf({ from, to }: Pick<BackfillRequest, 'from' | 'to'>, nowMs: number) {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (fromMs >= toMs) throw new ConnectorError('usage', `the span from ${from} to ${to} is empty`);
  if (toMs > nowMs + maxAheadMs) {
    throw new ConnectorError('usage', `the span ends at ${to}, which is yet to come: there is nothing to fetch of it`);
  }
  return { fromMs, toMs };
}
