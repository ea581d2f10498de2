// What is stored of a job, so that it can be resumed after a restart.
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
  /** What a replay goes over: sequences, `first` inclusive, `next` exclusive. */
  span: z.object({ first: z.int().min(1), next: z.int().min(1) }).optional(),
  /** The last dead letter that a retry goes over. */
  lastNumber: z.int().min(0).optional(),
  /** How far a back-fill is. */
  backfill: z
    .object({
      source: z.string(),
      types: z.array(
        z.object({
          messageType: z.string(),
          /** Epoch milliseconds: what is before it is fetched and kept. */
          fetchedToMs: z.number(),
          fetched: z.int(),
          known: z.int(),
          kept: z.int(),
          /** From where on the log could not be read for certain, and why. */
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
  /** How far one destination of a replay is; `initial` where nothing is stored. */
  position(id: string, destination: string, initial: Position): Promise<DurablePosition>;
}

/** Ended jobs that are remembered; the oldest are forgotten first. */
const maxEnded = 100;

export const newJobId = (): string => randomBytes(5).toString('hex');

export async function openJobRecords(documents: Documents): Promise<JobRecords> {
  const known = new Map((await readJobRecords(documents)).map((one) => [one.job.id, one]));

  async function forgetOldest(): Promise<void> {
    const ended = [...known.values()].filter(({ job }) => job.ended !== undefined);
    ended.sort((a, b) => (a.job.ended ?? '').localeCompare(b.job.ended ?? ''));
    for (const { job } of ended.slice(0, Math.max(0, ended.length - maxEnded))) {
      known.delete(job.id);
      // In this order: killed in between, nothing is left that no job leads to.
      await documents.removeAll(documentNames.jobPosition(job.id));
      await documents.remove(documentNames.job(job.id));
    }
  }
  return {
    all: () => [...known.values()],
    async save(saved) {
      known.set(saved.job.id, saved);
      await documents.put(documentNames.job(saved.job.id), saved);
      await forgetOldest();
    },
    async position(id, destination, initial) {
      const name = documentNames.jobPosition(id, destination);
      let position = (await documents.get(name, positionSchema)) ?? initial;
      return {
        get position() {
          return position;
        },
        async save(next) {
          await documents.put(name, next);
          position = next;
        },
        close: async () => {},
      };
    },
  };
}

/** Of a stopped connector too: what ran when it ended is interrupted. */
export async function readJobRecords(documents: DocumentReading): Promise<readonly JobRecord[]> {
  const found = await documents.all(documentNames.job(), jobRecord);
  return found.map(({ job, ...rest }) => ({
    ...rest,
    job: job.state === 'running' ? { ...job, state: 'interrupted' } : job,
  }));
}
