// What is stored of a job, so that it can be resumed after a restart.
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jobSchema } from '@xiq-siem/admin-api';
import { type Logger, oneAtATime } from '@xiq-siem/core';
import { writeDurably } from '@xiq-siem/journal';
import { z } from 'zod';

const record = z.object({
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
          doubt: z.object({ fromMs: z.number(), words: z.string() }).optional(),
        }),
      ),
    })
    .optional(),
});

export type BackfillProgress = NonNullable<z.infer<typeof record>['backfill']>;

export type JobRecord = z.infer<typeof record>;

export interface JobRecords {
  all(): readonly JobRecord[];
  /** Resolves when it is on disk. */
  save(job: JobRecord): Promise<void>;
  /** Of one destination of a replay. */
  positionPath(id: string, destination: string): string;
}

const suffix = '.json';
/** Ended jobs that are remembered; the oldest are forgotten first. */
const maxEnded = 100;

export const newJobId = (): string => randomBytes(5).toString('hex');

/** A file of `directory` that is not valid is logged, and left. */
export async function openJobRecords(directory: string, log: Logger): Promise<JobRecords> {
  const known = new Map((await readJobRecords(directory, log)).map((one) => [one.job.id, one]));

  async function forgetOldest(): Promise<void> {
    const ended = [...known.values()].filter(({ job }) => job.ended !== undefined);
    ended.sort((a, b) => (a.job.ended ?? '').localeCompare(b.job.ended ?? ''));
    for (const { job } of ended.slice(0, Math.max(0, ended.length - maxEnded))) {
      known.delete(job.id);
      for (const name of await readdir(directory)) {
        if (name.startsWith(`${job.id}.`)) await rm(join(directory, name), { force: true });
      }
    }
  }
  // A job that ends at once is saved twice at the same time.
  const inTurn = oneAtATime();
  return {
    all: () => [...known.values()],
    save(saved) {
      known.set(saved.job.id, saved);
      return inTurn(async () => {
        await writeDurably(join(directory, saved.job.id + suffix), `${JSON.stringify(saved)}\n`);
        await forgetOldest();
      });
    },
    positionPath: (id, destination) => join(directory, `${id}.${destination}.position`),
  };
}

/** Of a stopped connector too: what ran when it ended is interrupted. */
export async function readJobRecords(directory: string, log: Logger): Promise<readonly JobRecord[]> {
  const found: JobRecord[] = [];
  for (const name of (await readdir(directory)).sort()) {
    // Others have their files here too: `xiq.subscriptions.json`.
    if (!/^[^.]+\.json$/.test(name)) continue;
    try {
      const { job, ...rest } = record.parse(JSON.parse(await readFile(join(directory, name), 'utf8')));
      found.push({ ...rest, job: job.state === 'running' ? { ...job, state: 'interrupted' } : job });
    } catch {
      log.warn('job.unreadable', { file: name });
    }
  }
  return found;
}
