// What a command asks for: which source, which span, which message types.
import type { BackfillRequest } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { XiqCloud } from '../cloud.ts';
import { messageTypeOfLog } from '../rest/log-pages.ts';

/** Clocks differ a little, also those of a command and its connector. */
const maxAheadMs = 5 * 60_000;

/** @throws ConnectorError `usage` where it is not clear which, or the one that is named has no `api`. */
export function cloudNamed(clouds: ReadonlyMap<string, XiqCloud>, named: string | undefined): XiqCloud {
  const known = [...clouds.keys()].join(', ');
  if (known === '') throw new ConnectorError('usage', 'no source has an `api` in the configuration');
  const [only] = clouds.values();
  const found = named === undefined && clouds.size === 1 ? only : clouds.get(named ?? '');
  if (found !== undefined) return found;
  const message =
    named === undefined
      ? `more than one source has an \`api\`: name one of ${known} (--source)`
      : `source ${named} has no \`api\` in the configuration; there is: ${known}`;
  throw new ConnectorError('usage', message);
}

/** @throws ConnectorError `usage` where the span is empty, or ends in the future. */
export function spanOf({ from, to }: Pick<BackfillRequest, 'from' | 'to'>, nowMs: number) {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (fromMs >= toMs) throw new ConnectorError('usage', `the span from ${from} to ${to} is empty`);
  if (toMs > nowMs + maxAheadMs) {
    throw new ConnectorError('usage', `the span ends at ${to}, which is yet to come: there is nothing to fetch of it`);
  }
  return { fromMs, toMs };
}

/**
 * Each once; `named` may be comma-separated, as a query has it. Where none is named: what is subscribed to, or all that
 * there is a log of where nothing is.
 */
export function typesMeant(
  { subscriptions }: XiqCloud,
  named: string | readonly string[] | undefined,
): readonly string[] {
  const names = typeof named === 'string' ? named.split(',').map((name) => name.trim()) : (named ?? []);
  const given = names.filter((name) => name !== '');
  const all = subscriptions?.messageTypes ?? Object.values(messageTypeOfLog);
  return [...new Set(given.length === 0 ? all : given)];
}

/** For a message type without a log. */
export const noLogText = (messageType: string): string =>
  `ExtremeCloud IQ has no log of ${messageType} that can be asked for`;
