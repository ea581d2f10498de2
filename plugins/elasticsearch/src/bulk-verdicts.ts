// The verdict of each event from a `_bulk` response. Ignores the summary of the response (`errors`).
import { codeOfStatus, type ItemVerdict, type Verdict } from '@xiq-siem/core';
import { z } from 'zod';
import type { RoutedEvent } from './bulk-request.ts';
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

/** A verdict for each event, in the same order. */
export function bulkVerdicts(routed: readonly RoutedEvent[], body: unknown): readonly ItemVerdict<FaultCode>[] {
  const results = bulkResponse.safeParse(body).data?.items ?? [];
  return routed.map(({ item: { index, id } }, position) => ({ index, ...verdictOf(results[position], id) }));
}

function verdictOf(response: unknown, id: string): Verdict<FaultCode> {
  const result = bulkItem.safeParse(response).data?.create;
  if (result === undefined) return unexpected('the response contains no readable result for this event');
  // A document in the failure store has another id.
  if (result.failure_store !== 'used' && result._id !== id) {
    return unexpected('the response contains the result of another event at this position');
  }
  return verdictOfResult(result);
}

function unexpected(message: string): Verdict<FaultCode> {
  return { verdict: 'unknown', code: 'unexpected_response', message };
}

function verdictOfResult({ status, error, failure_store }: Result): Verdict<FaultCode> {
  if (status === 200 || status === 201) {
    return failure_store === 'used' ? { verdict: 'delivered', degraded: 'failure_store' } : { verdict: 'delivered' };
  }
  if (status === 409) return { verdict: 'delivered', duplicate: true };
  const type = error?.type ?? '';
  const message = error === undefined ? `status ${status}` : messageOf(error);
  const blocked = blockCode(status, type, error?.reason ?? '');
  if (blocked !== undefined) return { verdict: 'blocked', code: blocked, message };
  if (status === 429 || status >= 500) return { verdict: 'retry', code: codeOfStatus(status), message };
  if (status >= 400) return { verdict: 'rejected', code: rejectCode(type), message };
  return unexpected(`status ${status}`);
}

/** Faults that an operator must fix and that no event causes. */
function blockCode(status: number, type: string, reason: string): FaultCode | undefined {
  if (isWriteBlock(type, status)) return 'write_blocked';
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'index_missing';
  if (type === 'validation_exception') return 'index_creation_failed';
  if (/^pipeline with id \[.*\] does not exist/.test(reason)) return 'pipeline_missing';
  return undefined;
}

function rejectCode(type: string): FaultCode {
  return /^(?:document_parsing|mapper_parsing|strict_dynamic_mapping|mapper)_exception$/.test(type)
    ? 'mapping_conflict'
    : 'event_rejected';
}
