// The job kind `backfill`: validates its request, and starts or resumes its work.
import { backfillRequest } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { JobKind } from '@xiq-siem/jobs';
import { logOfMessageType } from '../rest/log-pages.ts';
import type { XiqAccount } from '../xiq-account.ts';
import { type BackfillParts, startBackfill } from './backfill-work.ts';
import { requireRetained } from './known-events.ts';
import { noLogText, selectAccount, selectTypes, spanOf } from './request.ts';

export interface BackfillKindParts extends BackfillParts {
  /** By the source's name, with the current configuration. */
  accounts(): ReadonlyMap<string, XiqAccount>;
}

const never = new AbortController().signal;

export function backfillKind(parts: BackfillKindParts): JobKind {
  const { accounts, access, clock } = parts;
  return {
    resumesFailed: true,
    async plan(given) {
      const request = backfillRequest.parse(given);
      const account = selectAccount(accounts(), request.source);
      const { fromMs } = spanOf(request, clock.now());
      const types = selectTypes(account, request.messageTypes);
      const withLog = types.filter((type) => logOfMessageType(type) !== undefined);
      if (withLog.length === 0) {
        throw new ConnectorError('usage', `${types.map(noLogText).join('; ')}: nothing can be fetched`);
      }
      if (!request.forceDuplicates) await requireRetained(access().journal, fromMs, never);
      const selected = request.messageTypes === undefined ? withLog : types;
      const start = { fetchedToMs: fromMs, fetched: 0, known: 0, kept: 0 };
      return {
        backfill: { source: account.source, types: selected.map((messageType) => ({ messageType, ...start })) },
      };
    },
    async start({ job: { id }, backfill, job }) {
      const { forceDuplicates, ...request } = backfillRequest.parse(job.request);
      if (backfill === undefined) throw new Error(`job ${id} is not a back-fill`);
      const account = selectAccount(accounts(), backfill.source);
      const span = { job: id, fromMs: Date.parse(request.from), toMs: Date.parse(request.to), forceDuplicates };
      return startBackfill(span, backfill, account, parts);
    },
  };
}
