// The jobs that send: what each goes over, and its lanes from wherever it stands.
import { type ReplayRequest, type RetryRequest, replayRequest, retryRequest } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { filterOf, type RunningParts, runningEvidence, sequencesOf } from '@xiq-siem/queries';
import type { JobRecord, JobRecords } from '@xiq-siem/state';
import type { JobKind } from './job-work.ts';
import { type LanesPlan, startLanes } from './lane-work.ts';
import { createRenormalizer } from './renormalizer.ts';
import { replayLane } from './replay-job.ts';
import { retryLane } from './retry-job.ts';

const never = new AbortController().signal;

/** `dlq retry`. */
export function retryKind(parts: RunningParts): JobKind {
  return {
    async outline(given) {
      const request = retryRequest.parse(given);
      return { lastNumber: parts.deadLetters.matching(filterOf(request)).at(-1) ?? 0 };
    },
    async begin(record) {
      const request = retryRequest.parse(record.job.request);
      requireConfigured(parts, request.destination === undefined ? [] : [request.destination]);
      return startLanes(retryPlan(parts, record, request), parts.pipeline.delivery);
    },
  };
}

/** `replay`. */
export function replayKind(parts: RunningParts, records: JobRecords): JobKind {
  return {
    async outline(given) {
      return { span: await sequencesOf(parts.journal, replayRequest.parse(given), never) };
    },
    async begin(record) {
      const request = replayRequest.parse(record.job.request);
      requireConfigured(parts, request.destinations ?? []);
      return startLanes(await replayPlan(parts, records, record, request), parts.pipeline.delivery);
    },
  };
}

function requireConfigured({ pipeline }: RunningParts, named: readonly string[]): void {
  const configured = pipeline.destinations().map(({ configured: { name } }) => name);
  const unknown = named.find((name) => !configured.includes(name));
  if (unknown === undefined) return;
  const known = configured.join(', ');
  throw new ConnectorError('usage', `there is no destination ${unknown}: the configuration has ${known}`);
}

async function replayPlan(
  parts: RunningParts,
  records: JobRecords,
  { job: { id }, span }: JobRecord,
  request: ReplayRequest,
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

function retryPlan(parts: RunningParts, { job: { id }, lastNumber = 0 }: JobRecord, request: RetryRequest): LanesPlan {
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
