// Opens the configured journal, dead-letter queue and delivery.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '@xiq-siem/config';
import { type BodyLog, ConnectorError, type Logger, type Meter, reasonOf, unsettledBodies } from '@xiq-siem/core';
import {
  createSteadyClock,
  type Delivery,
  type DeliveryDestination,
  type DeliveryServices,
  type DestinationStatus,
  startDelivery,
  systemClock,
} from '@xiq-siem/delivery';
import { type Journal, type JournalOptions, nodeFiles, openJournal } from '@xiq-siem/journal';
import {
  afterDecisions,
  type BackfillPairing,
  type DeadLetters,
  type Documents,
  documentNames,
  openDeadLetters,
  type ProgressHistory,
  type State,
} from '@xiq-siem/state';
import { z } from 'zod';
import type { OpenDestination } from './plugins.ts';

interface StageServices {
  readonly now: () => number;
  readonly log: Logger;
  readonly meter: Meter;
}

const tenGiB = 10 * 1024 ** 3;

/** For the new segment of a start, and its first bodies. */
const startBytes = 1024 ** 2;

/**
 * The journal's default size: 10 GiB or half of the disk that is free without the journal, whichever is less. A journal
 * that is larger at the start keeps its size, so that a restart evicts nothing.
 */
export async function defaultJournalBytes(directory: string, freeBytes = nodeFiles.freeBytes): Promise<number> {
  const own = await storedBytes(join(directory, 'journal'));
  return Math.max(Math.min(tenGiB, Math.floor(((await freeBytes(directory)) + own) / 2)), own + startBytes);
}

async function storedBytes(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = names.map(async (name) => (await stat(join(directory, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

export function openConfiguredJournal(
  { journal: { minFreeBytes, retainForHours, segmentBytes } }: Configuration,
  options: Omit<JournalOptions, 'minFreeBytes' | 'retainForMs' | 'segmentBytes'>,
): Promise<Journal> {
  return openJournal({ ...options, minFreeBytes, retainForMs: retainForHours * 3_600_000, segmentBytes });
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

interface ForgetParts {
  readonly journal: BodyLog;
  readonly progressHistory: Pick<ProgressHistory, 'forget'>;
  readonly services: Pick<StageServices, 'log'>;
}

/**
 * Resolves with the number of bodies that the destination has not settled: it does not receive them any more. With
 * `dryRun` it only counts them.
 * @throws ConnectorError `destination_configured` or `not_found`.
 */
export async function forgetDestination(
  { journal, progressHistory, services: { log } }: ForgetParts,
  name: string,
  dryRun = false,
): Promise<number> {
  const orphans = await journal.orphanedPositions();
  if (!orphans.includes(name)) {
    if (journal.positions().has(name)) {
      throw new ConnectorError('destination_configured', `${name} is still configured; remove it first`);
    }
    const known = orphans.length === 0 ? 'none' : orphans.join(', ');
    throw new ConnectorError('not_found', `unknown destination ${name}; destinations that can be forgotten: ${known}`);
  }
  const position = journal.positions().get(name);
  const { firstSequence, nextSequence } = journal.extent();
  const sequence = Math.max(position?.sequence ?? nextSequence, firstSequence);
  const discarded = unsettledBodies({ settled: [], ...position, sequence }, journal);
  if (dryRun) return discarded;
  // First: with a progress history and without a position, the destination would be one whose position was lost.
  await progressHistory.forget(name);
  await journal.forgetPosition(name);
  log.warn('destination.forgotten', { destination: name, discarded });
  return discarded;
}

/** Stores of a destination. */
export interface DestinationStores {
  readonly journal: BodyLog;
  readonly documents: Pick<Documents, 'get' | 'put'>;
  readonly log: Logger;
  /** False: the state file was lost, so a destination without a position may have had one. Default: true. */
  readonly isHistoryKnown?: boolean | undefined;
  readonly pairing?: Pick<BackfillPairing, 'flushed'> | undefined;
}

/** A destination for delivery. Without a position it starts at its configured `startAt`, or else at `startAt`. */
export async function deliveryDestination(
  { configured: { name, definition, options, settingsHash }, destination }: OpenDestination,
  { journal, documents, log, isHistoryKnown = true, pairing }: DestinationStores,
  startAt: 'earliest' | 'now',
): Promise<DeliveryDestination> {
  const { whenFull } = options;
  const start = isHistoryKnown ? (options.startAt ?? startAt) : 'earliest';
  const position = afterDecisions(await journal.position(name, { startAt: start, whenFull }), pairing);
  const stored = await documents.get(documentNames.provenSettings(name), provenSettings);
  const recordProof = async () => {
    try {
      await documents.put(documentNames.provenSettings(name), { hash: settingsHash });
    } catch (error) {
      // The next start asks the destination again.
      log.error('destination.settings_not_recorded', { destination: name, error: reasonOf(error) });
    }
  };
  const settings = { proven: stored?.hash === settingsHash, onProven: () => void recordProof() };
  return { name, definition, options, destination, position, settings };
}

/** The hash of the settings under which a destination has last taken an event for the first time. */
const provenSettings = z.object({ hash: z.string() });

export async function startDeliveryTo(
  destinations: readonly OpenDestination[],
  stores: DestinationStores,
  services: Pick<DeliveryServices, 'deadLetters' | 'parked' | 'normalize' | 'redact' | 'log' | 'meter'>,
): Promise<Delivery> {
  const { journal } = stores;
  // The first destinations start at the oldest body. A destination that is added later starts at the next one.
  const startAt = (await journal.orphanedPositions()).length === 0 ? 'earliest' : 'now';
  const withPositions = await Promise.all(destinations.map((one) => deliveryDestination(one, stores, startAt)));
  for (const name of await journal.orphanedPositions()) {
    const remediation =
      'its position keeps bodies in the journal: configure it again, or run xiq-siem destination forget';
    services.log.warn('destination.not_configured', { destination: name, remediation });
  }
  return startDelivery({
    ...services,
    destinations: withPositions,
    openReader: (fromSequence) => journal.reader(fromSequence),
    isJournalHalfUsed: () => journal.usage() >= 0.5,
    clock: createSteadyClock(),
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
