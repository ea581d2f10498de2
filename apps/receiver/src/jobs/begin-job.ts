// What a job goes over, and its lanes from wherever it stands.
import type { Job } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { sequencesOf } from '../operator/journal-scan.ts';
import { type RunningParts, runningEvidence } from '../operator/running-evidence.ts';
import type { JobRecord, JobRecords } from './job-record.ts';
import type { JobWork } from './job-work.ts';
import { type LanesPlan, startLanes } from './lane-work.ts';
import { createRenormalizer } from './renormalizer.ts';
import { replayLane } from './replay-job.ts';
import { filterOf, retryLane } from './retry-job.ts';

const never = new AbortController().signal;

/** @throws ConnectorError `usage` where a destination is not configured, or the span is empty. */
export async function jobOutline(
  { journal, deadLetters, pipeline }: RunningParts,
  request: Job['request'],
): Promise<Pick<JobRecord, 'span' | 'lastNumber'>> {
  const configured = pipeline.destinations().map(({ configured: { name } }) => name);
  const named = isReplay(request) ? (request.destinations ?? []) : [request.destination ?? []].flat();
  const unknown = named.find((name) => !configured.includes(name));
  if (unknown !== undefined) {
    throw new ConnectorError(
      'usage',
      `there is no destination ${unknown}: the configuration has ${configured.join(', ')}`,
    );
  }
  if (isReplay(request)) return { span: await sequencesOf(journal, request, never) };
  return { lastNumber: deadLetters.matching(filterOf(request)).at(-1) ?? 0 };
}

export async function beginJob(parts: RunningParts, records: JobRecords, record: JobRecord): Promise<JobWork> {
  const { request } = record.job;
  const plan = isReplay(request) ? replayPlan(parts, records, record, request) : retryPlan(parts, record, request);
  return startLanes(await plan, parts.pipeline.delivery);
}

type Replay = Extract<Job['request'], { to: string; from: string; renormalize?: never }>;

function isReplay(request: Job['request']): request is Replay {
  return !('renormalize' in request);
}

async function replayPlan(
  parts: RunningParts,
  records: JobRecords,
  { job: { id }, span }: JobRecord,
  request: Replay,
): Promise<LanesPlan> {
  if (span === undefined || span.first >= span.next) return { lanes: [], close: async () => {} };
  const meant = parts.pipeline
    .destinations()
    .filter(({ configured: { name } }) => request.destinations?.includes(name) ?? true);
  const lanes = await Promise.all(
    meant.map(({ configured: { name: destination, options } }) =>
      replayLane(
        { id, destination, routing: options.where, request, span, positionPath: records.positionPath(id, destination) },
        parts.journal,
        // By the mapping of the moment: a reload in the midst of a job holds for what is left of it.
        (body) => parts.pipeline.sources().of(body).normalize(body, parts.services.now()),
        parts.deadLetters,
      ),
    ),
  );
  return { lanes, close: async () => void (await Promise.all(lanes.map((lane) => lane.close()))) };
}

async function retryPlan(
  parts: RunningParts,
  { job: { id }, lastNumber = 0 }: JobRecord,
  request: Exclude<Job['request'], Replay>,
): Promise<LanesPlan> {
  const { deadLetters, pipeline } = parts;
  const filter = filterOf(request);
  const made = request.renormalize ? createRenormalizer(runningEvidence(parts)) : undefined;
  const lanes = pipeline.destinations().flatMap(({ configured: { name } }) => {
    if (request.destination !== undefined && request.destination !== name) return [];
    const numbers = deadLetters.matching({ ...filter, destination: name }).filter((number) => number <= lastNumber);
    if (numbers.length === 0) return [];
    return [retryLane(id, name, numbers, deadLetters, made?.eventOf)];
  });
  return { lanes, close: async () => made?.close() };
}
