// Which source is meant, and which message types of it, where a command names some or none.
import { ConnectorError } from '@xiq-siem/core';
import type { XiqCloud } from '../cloud.ts';
import { logOfMessageType, messageTypeOfLog } from './log-message-types.ts';

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

/** Each once. Where none is named: what is subscribed to, or all that there is a log of where nothing is. */
export function typesMeant({ subscriptions }: XiqCloud, named: readonly string[] | undefined): readonly string[] {
  return [...new Set(named ?? subscriptions?.messageTypes ?? Object.values(messageTypeOfLog))];
}

/** Of a query: comma-separated. */
export function namesIn(text: string | undefined): readonly string[] | undefined {
  const names = text?.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  return names === undefined || names.length === 0 ? undefined : names;
}

/** What can be said of a message type that no log holds. */
export const noLogWords = (messageType: string): string =>
  `ExtremeCloud IQ has no log of ${messageType} that can be asked for`;

export const hasLog = (messageType: string): boolean => logOfMessageType(messageType) !== undefined;
