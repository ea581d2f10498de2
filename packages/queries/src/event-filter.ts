// Filters events and dead letters by the conditions of a request.
import type { RetryRequest, Where } from '@xiq-siem/admin-api';
import type { NormalizedEvent } from '@xiq-siem/core';
import type { DeadLetterFilter } from '@xiq-siem/state';

/** All given conditions must match. */
export function eventFilter(where: Where = {}): (event: NormalizedEvent, source: string) => boolean {
  const datasets = where.datasets && new Set(where.datasets);
  const sources = where.sources && new Set(where.sources);
  const actions = where.actions && new Set(where.actions);
  return ({ dataset, document }, source) =>
    (datasets?.has(dataset) ?? true) &&
    (sources?.has(source) ?? true) &&
    (actions?.has(document.event?.action ?? '') ?? true);
}

/** Parses the comma-separated lists of a query. */
export function whereOfQuery(query: {
  readonly datasets?: string | undefined;
  readonly sources?: string | undefined;
  readonly actions?: string | undefined;
}): Where {
  const list = (text: string | undefined): string[] | undefined => {
    const names = text
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    return names === undefined || names.length === 0 ? undefined : names;
  };
  return { datasets: list(query.datasets), sources: list(query.sources), actions: list(query.actions) };
}

export function filterOf(request: Omit<RetryRequest, 'renormalize'>): DeadLetterFilter {
  const { destination, code, parked, dataset, numbers, eventId, from, to } = request;
  const ids = eventId === undefined ? undefined : [eventId];
  const fromMs = from === undefined ? undefined : Date.parse(from);
  const toMs = to === undefined ? undefined : Date.parse(to);
  return { destination, code, parked, dataset, numbers, ids, fromMs, toMs };
}

/** The entries that a retry or a drop selects. Parked events are retried automatically, so they must be selected explicitly. */
export function selectionOf(request: Omit<RetryRequest, 'renormalize'>): DeadLetterFilter {
  const isExplicit = request.numbers !== undefined || request.eventId !== undefined;
  return filterOf({ ...request, parked: request.parked ?? (isExplicit ? undefined : false) });
}
