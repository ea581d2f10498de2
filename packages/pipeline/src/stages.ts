// The stages as the configuration wants them: journal, dead letters, delivery; and how they are left.

import type { Configuration } from '@xiq-siem/config';
import { ConnectorError, type KeptBody, type Logger, type Meter, type NormalizedEvent } from '@xiq-siem/core';
import { type Delivery, type DeliveryDestination, startDelivery, systemClock } from '@xiq-siem/delivery';
import { type Journal, openJournal } from '@xiq-siem/journal';
import type { DeadLetters } from '@xiq-siem/state';
import { openDeadLetters } from '@xiq-siem/state';
import type { OpenDestination } from './plugins.ts';

/** What every stage is given. */
export interface StageServices {
  readonly now: () => number;
  readonly log: Logger;
  readonly meter: Meter;
}

export async function openConfiguredJournal(
  { journal: { minFreeBytes, retainForHours, segmentBytes } }: Configuration,
  directory: string,
  maxBytes: number,
  { now, log, meter }: StageServices,
  onFailure: (error: ConnectorError) => void,
): Promise<Journal> {
  return openJournal({
    onFailure,
    directory,
    maxBytes,
    minFreeBytes,
    retainForMs: retainForHours * 3_600_000,
    segmentBytes,
    now,
    log,
    meter,
  });
}

export function openConfiguredDeadLetters(
  { deadLetters: { maxBytes }, journal: { minFreeBytes, segmentBytes } }: Configuration,
  directory: string,
  { now, log, meter }: StageServices,
  journal: Journal,
): Promise<DeadLetters> {
  const firstBody = () => journal.extent().firstSequence;
  return openDeadLetters(directory, { maxBytes, minFreeBytes, segmentBytes, firstBody, now, log, meter });
}

/** @throws ConnectorError `usage` where `name` is configured, or unknown. */
export async function forgetDestination(journal: Journal, name: string, log: Logger): Promise<void> {
  const orphans = await journal.orphanedPositions();
  if (!orphans.includes(name)) {
    const known = orphans.length === 0 ? 'there is none to forget' : `there is ${orphans.join(', ')}`;
    throw new ConnectorError('usage', `${name} is no destination that was taken out of the configuration: ${known}`);
  }
  await journal.forgetPosition(name);
  log.warn('destination.forgotten', { destination: name });
}

interface DeliveryServices {
  readonly deadLetters: DeadLetters;
  readonly normalize: (body: KeptBody) => Iterable<NormalizedEvent>;
  /** Takes the secrets of all destinations out of a text. */
  readonly redact: (text: string) => string;
  readonly log: Logger;
  readonly meter: Meter;
}

/** What delivery is given of a destination; where it has no position yet, it starts at `startAt` unless configured. */
export async function deliveryDestination(
  { configured: { name, definition, options }, destination }: OpenDestination,
  journal: Journal,
  startAt: 'earliest' | 'now',
): Promise<DeliveryDestination> {
  const { whenFull } = options;
  const position = await journal.position(name, { startAt: options.startAt ?? startAt, whenFull });
  return { name, definition, options, destination, position };
}

export async function startDeliveryTo(
  destinations: readonly OpenDestination[],
  journal: Journal,
  services: DeliveryServices,
): Promise<Delivery> {
  // A destination that is added to a running deployment begins with what comes, the first ones with all there is.
  const startAt = (await journal.orphanedPositions()).length === 0 ? 'earliest' : 'now';
  const withPositions = await Promise.all(
    destinations.map((destination) => deliveryDestination(destination, journal, startAt)),
  );
  for (const name of await journal.orphanedPositions()) {
    services.log.warn('destination.not_configured', {
      destination: name,
      mend: 'its position keeps bodies in the journal',
    });
  }
  return startDelivery({
    ...services,
    destinations: withPositions,
    openReader: (fromSequence) => journal.reader(fromSequence),
    clock: systemClock,
    random: Math.random,
    // Measured by tools/bench: fewer cost delivery more than they gain the receiver.
    eventsPerTurn: 2,
  });
}

const never = new AbortController().signal;

/** Waits until every destination that is well has all that it takes; one that is down is not waited for. */
export async function caughtUp(delivery: Delivery, journal: Journal, remainingMs: () => number): Promise<void> {
  const behind = (): boolean => {
    const { nextSequence } = journal.extent();
    return delivery
      .status()
      .some(
        ({ state, sequence, open, held }) => state === 'running' && sequence < nextSequence && open !== held?.events,
      );
  };
  while (behind() && remainingMs() > 0) await systemClock.sleep(20, never);
}
