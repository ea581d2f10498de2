// From verdicts and faults to the report of a batch.
import type { DeliveryReport, ItemVerdict } from '@xiq-siem/core';
import type { Routed } from './bulk-request.ts';
import type { FaultCode } from './fault-codes.ts';
import type { ServerFault } from './server-fault.ts';

type Report = DeliveryReport<FaultCode>;

/** Events that are held are so by their data streams: though there be none but these, others may pass. */
export function reportOfItems(items: readonly ItemVerdict<FaultCode>[]): Report {
  const isBusy = items.some((item) => item.verdict === 'retry' && item.code === 'busy');
  return { items, ...(isBusy && { slowDown: true }) };
}

/** What holds of a batch of which nothing was sent. */
export function reportOfUnsent({ code, message, waitMs }: ServerFault): Report {
  const pace = waitMs === undefined ? {} : { waitMs };
  switch (code) {
    case 'too_large':
      return { batch: 'tooLarge', code, message, ...pace };
    case 'busy':
      return { batch: 'unavailable', code, message, ...pace, slowDown: true };
    case 'aborted':
    case 'connection_lost':
    case 'odd_answer':
    case 'server_error':
    case 'unreachable':
      return { batch: 'unavailable', code, message, ...pace };
    default:
      return { batch: 'misconfigured', code, message, ...pace };
  }
}

/** What holds of a batch of which `routed` was sent, and not answered event by event. */
export function reportOfSent(
  fault: ServerFault,
  routed: readonly Routed[],
  kept: readonly ItemVerdict<FaultCode>[],
): Report {
  const { code, message, mayBeTaken, waitMs } = fault;
  // One event may have spoilt the request for all: as a retry of each, it is found by halving.
  const verdict = mayBeTaken ? 'unknown' : code === 'request_refused' ? 'retry' : undefined;
  if (verdict === undefined) return reportOfUnsent(fault);
  const sent = routed.map(({ item }) => ({ index: item.index, verdict, code, message }) as const);
  return { items: [...sent, ...kept], ...(waitMs === undefined ? {} : { waitMs }) };
}
