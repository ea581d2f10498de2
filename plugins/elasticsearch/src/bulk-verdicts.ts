// What an answer to `_bulk` says of each event. The answer's own summary (`errors`) is never relied on.
import type { ItemVerdict, Verdict } from '@xiq-siem/core';
import { z } from 'zod';
import type { Routed } from './bulk-request.ts';
import type { FaultCode } from './fault-codes.ts';
import { isWriteBlock, messageOf, serverError } from './server-fault.ts';

const bulkResponse = z.object({ items: z.array(z.unknown()) });
const bulkItem = z.object({
  create: z.object({
    _id: z.string().nullish(),
    status: z.int(),
    failure_store: z.string().optional(),
    error: serverError.optional(),
  }),
});

type Result = z.output<typeof bulkItem>['create'];

/** A verdict for each event, in their order. */
export function bulkVerdicts(routed: readonly Routed[], body: unknown): readonly ItemVerdict<FaultCode>[] {
  const results = bulkResponse.safeParse(body).data?.items ?? [];
  return routed.map(({ item: { index, id } }, place) => ({ index, ...verdictOf(results[place], id) }));
}

function verdictOf(response: unknown, id: string): Verdict<FaultCode> {
  const result = bulkItem.safeParse(response).data?.create;
  if (result === undefined) return odd('the answer says nothing of this event that we understand');
  // A document in the failure store has an id of that store's.
  if (result.failure_store !== 'used' && result._id !== id) {
    return odd('the answer speaks of another event in the place of this one');
  }
  return verdictOfResult(result);
}

function odd(message: string): Verdict<FaultCode> {
  return { verdict: 'unknown', code: 'unexpected_response', message };
}

function verdictOfResult({ status, error, failure_store }: Result): Verdict<FaultCode> {
  if (status === 200 || status === 201) {
    return failure_store === 'used' ? { verdict: 'delivered', degraded: 'failure_store' } : { verdict: 'delivered' };
  }
  if (status === 409) return { verdict: 'delivered', duplicate: true };
  const type = error?.type ?? '';
  const message = error === undefined ? `status ${status}` : messageOf(error);
  const hold = holdCode(status, type, error?.reason ?? '');
  if (hold !== undefined) return { verdict: 'blocked', code: hold, message };
  if (status === 429) return { verdict: 'retry', code: 'busy', message };
  if (status >= 500) return { verdict: 'retry', code: 'server_error', message };
  if (status >= 400) return { verdict: 'rejected', code: rejectCode(type), message };
  return odd(`status ${status}`);
}

/** What no event can be blamed for, and a person has to mend. */
function holdCode(status: number, type: string, reason: string): FaultCode | undefined {
  if (isWriteBlock(type, status)) return 'write_blocked';
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  // The latter: the cluster has as many shards as it may, so that no data stream can be made or rolled over.
  if (status === 404 || type === 'validation_exception') return 'index_missing';
  if (/^pipeline with id \[.*\] does not exist/.test(reason)) return 'pipeline_missing';
  return undefined;
}

function rejectCode(type: string): FaultCode {
  return /^(?:document_parsing|mapper_parsing|strict_dynamic_mapping|mapper)_exception$/.test(type)
    ? 'mapping_conflict'
    : 'document_refused';
}
