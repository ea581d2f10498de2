// Stores jobs, so that they can be resumed after a restart.
import { randomBytes } from 'node:crypto';
import { jobSchema } from '@xiq-siem/admin-api';
import type { DurablePosition, Position } from '@xiq-siem/core';
import { positionSchema } from '@xiq-siem/journal';
import { z } from 'zod';
import { type DocumentReading, type Documents, documentNames } from './documents.ts';

/** The names of keys in older records, and the current ones. */
const oldKeys = new Map([
  ['lanes', 'streams'],
  ['words', 'message'],
]);

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function withCurrentKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withCurrentKeys);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [oldKeys.get(key) ?? key, withCurrentKeys(inner)]),
  );
}

const currentRecord = z.object({
  v: z.literal(1),
  job: jobSchema,
  /** The sequences of a replay: `first` inclusive, `next` exclusive. */
  span: z.object({ first: z.int().min(1), next: z.int().min(1) }).optional(),
  /** Number of the last dead letter of a retry. */
  lastNumber: z.int().min(0).optional(),
  /** Progress of a back-fill. */
  backfill: z
    .object({
      source: z.string(),
      types: z.array(
        z.object({
          messageType: z.string(),
          /** Epoch milliseconds: events before it are fetched and stored. */
          fetchedToMs: z.number(),
          fetched: z.int(),
          known: z.int(),
          kept: z.int(),
          /** Set if the log may be incomplete from a time on, with the reason. */
          doubt: z.object({ fromMs: z.number(), message: z.string() }).optional(),
        }),
      ),
    })
    .optional(),
});

/** Also reads records with old keys. */
export const jobRecord = z.preprocess(withCurrentKeys, currentRecord);

export type BackfillProgress = NonNullable<z.infer<typeof jobRecord>['backfill']>;

export type JobRecord = z.infer<typeof jobRecord>;

export interface JobRecords {
  all(): readonly JobRecord[];
  /** Resolves when it is on disk. */
  save(job: JobRecord): Promise<void>;
  /** The position of one destination of a replay; `initial` if none is stored. */
  position(id: string, destination: string, initial: Position): Promise<DurablePosition>;
}

/** Number of ended jobs that are stored; the oldest are removed first. */
const maxEnded = 100;

export const newJobId = (): string => randomBytes(5).toString('hex');

export async function openJobRecords(documents: Documents): Promise<JobRecords> {
  const known = new Map((await readJobRecords(documents)).map((one) => [one.job.id, one]));

  async function removeOldest(): Promise<void> {
    const ended = [...known.values()].filter(({ job }) => job.ended !== undefined);
    ended.sort((a, b) => (a.job.ended ?? '').localeCompare(b.job.ended ?? ''));
    for (const { job } of ended.slice(0, Math.max(0, ended.length - maxEnded))) {
      known.delete(job.id);
      // The order matters: a kill in between leaves no position without a job.
      await documents.removeAll(documentNames.jobPosition(job.id));
      await documents.remove(documentNames.job(job.id));
    }
  }
  async function saveRecord(saved: JobRecord): Promise<void> {
    known.set(saved.job.id, saved);
    await documents.put(documentNames.job(saved.job.id), saved);
    await removeOldest();
  }

  async function openPosition(id: string, destination: string, initial: Position): Promise<DurablePosition> {
    const name = documentNames.jobPosition(id, destination);
    let position = (await documents.get(name, positionSchema)) ?? initial;
    async function savePosition(next: Position): Promise<void> {
      await documents.put(name, next);
      position = next;
    }
    return {
      get position() {
        return position;
      },
      save: savePosition,
      close: async () => {},
    };
  }
  return { all: () => [...known.values()], save: saveRecord, position: openPosition };
}

/** For a stopped connector too: a job that was running when it ended is interrupted. */
export async function readJobRecords(documents: DocumentReading): Promise<readonly JobRecord[]> {
  const found = await documents.all(documentNames.job(), jobRecord);
  return found.map(({ job, ...rest }) => ({
    ...rest,
    job: job.state === 'running' ? { ...job, state: 'interrupted' } : job,
  }));
}
