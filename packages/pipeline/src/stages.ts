// Opens the configured journal, dead-letter queue and delivery.
import { statfs } from 'node:fs/promises';
import type { Configuration } from '@xiq-siem/config';
import { type BodyLog, ConnectorError, type Logger, type Meter } from '@xiq-siem/core';
import {
  type Delivery,
  type DeliveryDestination,
  type DeliveryServices,
  type DestinationStatus,
  startDelivery,
  systemClock,
} from '@xiq-siem/delivery';
import { type Journal, openJournal } from '@xiq-siem/journal';
import { type DeadLetters, openDeadLetters, type State } from '@xiq-siem/state';
import type { OpenDestination } from './plugins.ts';

interface StageServices {
  readonly now: () => number;
  readonly log: Logger;
  readonly meter: Meter;
}

const tenGiB = 10 * 1024 ** 3;

/** The journal's default size: 10 GiB or half of the free disk, whichever is less. */
export async function defaultJournalBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return Math.min(tenGiB, Math.floor((bavail * bsize) / 2));
}

export function openConfiguredJournal(
  { journal: { minFreeBytes, retainForHours, segmentBytes } }: Configuration,
  directory: string,
  maxBytes: number,
  services: StageServices,
  onFailure: (error: ConnectorError) => void,
): Promise<Journal> {
  const retainForMs = retainForHours * 3_600_000;
  return openJournal({ ...services, onFailure, directory, maxBytes, minFreeBytes, retainForMs, segmentBytes });
}

export function openConfiguredDeadLetters(
  { deadLetters: { maxBytes }, journal: { minFreeBytes } }: Configuration,
  directory: string,
  { now, log }: StageServices,
  { database }: State,
  journal: BodyLog,
): Promise<DeadLetters> {
  const firstBody = () => journal.extent().firstSequence;
  return openDeadLetters(database, { now, log, directory, maxBytes, minFreeBytes, firstBody });
}

/** @throws ConnectorError `destination_configured` or `not_found`. */
export async function forgetDestination(journal: BodyLog, name: string, log: Logger): Promise<void> {
  const orphans = await journal.orphanedPositions();
  if (!orphans.includes(name)) {
    if (journal.positions().has(name)) {
      throw new ConnectorError('destination_configured', `${name} is still configured; remove it first`);
    }
    const known = orphans.length === 0 ? 'none' : orphans.join(', ');
    throw new ConnectorError('not_found', `unknown destination ${name}; destinations that can be forgotten: ${known}`);
  }
  await journal.forgetPosition(name);
  log.warn('destination.forgotten', { destination: name });
}

/** A destination for delivery. Without a position it starts at its configured `startAt`, or else at `startAt`. */
export async function deliveryDestination(
  { configured: { name, definition, options }, destination }: OpenDestination,
  journal: BodyLog,
  startAt: 'earliest' | 'now',
): Promise<DeliveryDestination> {
  const { whenFull } = options;
  const position = await journal.position(name, { startAt: options.startAt ?? startAt, whenFull });
  return { name, definition, options, destination, position };
}

export async function startDeliveryTo(
  destinations: readonly OpenDestination[],
  journal: BodyLog,
  services: Pick<DeliveryServices, 'deadLetters' | 'normalize' | 'redact' | 'log' | 'meter'>,
): Promise<Delivery> {
  // The first destinations start at the oldest body. A destination that is added later starts at the next one.
  const startAt = (await journal.orphanedPositions()).length === 0 ? 'earliest' : 'now';
  const withPositions = await Promise.all(destinations.map((one) => deliveryDestination(one, journal, startAt)));
  for (const name of await journal.orphanedPositions()) {
    const remediation =
      'its position keeps bodies in the journal: configure it again, or run xiq-siem destination forget';
    services.log.warn('destination.not_configured', { destination: name, remediation });
  }
  return startDelivery({
    ...services,
    destinations: withPositions,
    openReader: (fromSequence) => journal.reader(fromSequence),
    clock: systemClock,
    random: Math.random,
    // Measured with tools/bench: one slows delivery more than it helps the receiver.
    eventsPerTurn: 2,
  });
}

const never = new AbortController().signal;

/** Waits until every running destination has all events that it accepts. Does not wait for a destination that is down. */
export async function caughtUp(delivery: Delivery, journal: BodyLog, remainingMs: () => number): Promise<void> {
  const isBehind = ({ state, sequence, open, blocked }: DestinationStatus): boolean =>
    state === 'running' && journal.countBodies(sequence) > 0 && open !== blocked?.events;
  while (delivery.status().some(isBehind) && remainingMs() > 0) await systemClock.sleep(20, never);
}
