// Validates the source, the span and the message types of a request.
import type { BackfillRequest } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { messageTypeOfLog } from '../rest/log-pages.ts';
import type { XiqAccount } from '../xiq-account.ts';
import { backfillError } from './backfill-errors.ts';

/** The clocks of a command and its connector may differ. */
const maxAheadMs = 5 * 60_000;

/** @throws ConnectorError `api_not_configured`; `usage` if several sources have an `api` and none is named. */
export function selectAccount(accounts: ReadonlyMap<string, XiqAccount>, named: string | undefined): XiqAccount {
  const known = [...accounts.keys()].join(', ');
  if (known === '') throw backfillError('api_not_configured', 'no source has an `api` in the configuration');
  const [only] = accounts.values();
  const found = named === undefined && accounts.size === 1 ? only : accounts.get(named ?? '');
  if (found !== undefined) return found;
  if (named === undefined) {
    throw new ConnectorError('usage', `several sources have an \`api\`: select one with --source (${known})`);
  }
  const message = `source ${named} has no \`api\` in the configuration; sources with an \`api\`: ${known}`;
  throw backfillError('api_not_configured', message);
}

/** @throws ConnectorError `usage` if the span is empty or ends in the future. */
export function spanOf({ from, to }: Pick<BackfillRequest, 'from' | 'to'>, nowMs: number) {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (fromMs >= toMs) throw new ConnectorError('usage', `the span from ${from} to ${to} is empty`);
  if (toMs > nowMs + maxAheadMs) {
    throw new ConnectorError('usage', `the span ends at ${to}, which is in the future`);
  }
  return { fromMs, toMs };
}

/**
 * Unique message types; `named` may be comma-separated. Default: the subscribed types, or all types with a log if no
 * subscriptions are configured.
 */
export function selectTypes(
  { subscriptions }: XiqAccount,
  named: string | readonly string[] | undefined,
): readonly string[] {
  const names = typeof named === 'string' ? named.split(',').map((name) => name.trim()) : (named ?? []);
  const given = names.filter((name) => name !== '');
  const all = subscriptions?.messageTypes ?? Object.values(messageTypeOfLog);
  return [...new Set(given.length === 0 ? all : given)];
}

export const noLogText = (messageType: string): string => `ExtremeCloud IQ has no log of ${messageType}`;
