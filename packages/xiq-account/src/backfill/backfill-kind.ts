// `backfill` as a kind of job: what it goes over, and its work from wherever it stands.
import { backfillRequest } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { JobKind } from '@xiq-siem/jobs';
import type { XiqCloud } from '../cloud.ts';
import { logOfMessageType } from '../rest/log-pages.ts';
import { type BackfillParts, startBackfill } from './backfill-work.ts';
import { requireRetained } from './known-ids.ts';
import { cloudNamed, noLogText, spanOf, typesMeant } from './request.ts';

export interface BackfillKindParts extends BackfillParts {
  /** By the source's name, as configured now. */
  clouds(): ReadonlyMap<string, XiqCloud>;
}

const never = new AbortController().signal;

export function backfillKind(parts: BackfillKindParts): JobKind {
  const { clouds, access, clock } = parts;
  return {
    resumesFailed: true,
    async plan(given) {
      const request = backfillRequest.parse(given);
      const cloud = cloudNamed(clouds(), request.source);
      const { fromMs } = spanOf(request, clock.now());
      const types = typesMeant(cloud, request.messageTypes);
      const withLog = types.filter((type) => logOfMessageType(type) !== undefined);
      if (withLog.length === 0) {
        throw new ConnectorError('usage', `${types.map(noLogText).join('; ')}: nothing can be fetched`);
      }
      if (!request.forceDuplicates) await requireRetained(access().journal, fromMs, never);
      const meant = request.messageTypes === undefined ? withLog : types;
      const begun = { fetchedToMs: fromMs, fetched: 0, known: 0, kept: 0 };
      return { backfill: { source: cloud.source, types: meant.map((messageType) => ({ messageType, ...begun })) } };
    },
    async start({ job: { id }, backfill, job }) {
      const { forceDuplicates, ...request } = backfillRequest.parse(job.request);
      if (backfill === undefined) throw new ConnectorError('usage', `job ${id} is no back-fill`);
      const cloud = cloudNamed(clouds(), backfill.source);
      const span = { job: id, fromMs: Date.parse(request.from), toMs: Date.parse(request.to), forceDuplicates };
      return startBackfill(span, backfill, cloud, parts);
    },
  };
}
