// Opens, releases and lists the positions of all destinations, including those that are not open.
import {
  ConnectorError,
  type DurablePosition,
  initialPosition,
  type Position,
  type PositionOptions,
} from '@xiq-siem/core';
import { errorText, type Files, systemCode } from './files.ts';
import type { KnownHistory } from './incidents.ts';
import type { JournalOptions } from './journal.ts';
import { isPositionName, listPositions, type OpenPosition, openPositionFile, positionPath } from './position-file.ts';

/** How long `whenFull: hold` stays in effect for a position that is not open. */
const holdGraceMs = 60_000;

export type Positions = Awaited<ReturnType<typeof openPositions>>;

interface PositionsOptions extends Pick<JournalOptions, 'now' | 'log'> {
  readonly files: Files;
  readonly directory: string;
  /** Called after each save. */
  readonly onSaved: (destination: string, before: Position, after: Position) => void;
  readonly onForgotten: () => void;
  readonly firstSequence: () => number;
  readonly nextSequence: () => number;
  /** Destinations that had a position which is damaged or missing. They start at the oldest body. */
  readonly restarted: readonly string[];
  readonly deadLettered: KnownHistory['deadLettered'];
}

/** Reads all positions, and replaces damaged and missing ones. */
export async function openPositions(options: PositionsOptions) {
  const { files, directory, log, now } = options;
  const known = new Map<string, OpenPosition>();
  /** Identifies the current owner of each position. */
  const owners = new Map<string, object>();
  const startedAt = now();
  const releasedAt = new Map<string, number>();

  const savedBy = (destination: string) => (before: Position, after: Position) =>
    options.onSaved(destination, before, after);

  function logWriteFailure(destination: string, error: unknown): void {
    log.error('position.write_failed', { destination, error: errorText(error) });
  }

  async function loadPosition(destination: string, fallback: () => number, whenFull: PositionOptions['whenFull']) {
    const file = await openPositionFile(files, positionPath(directory, destination));
    const { value } = file.found;
    return file.use(value?.position ?? initialPosition(fallback()), value?.whenFull ?? whenFull, savedBy(destination));
  }

  /** Its earlier dead letters count: they are in the state file. Nothing is evicted until its configuration is known. */
  async function restartPosition(destination: string): Promise<OpenPosition> {
    const sequence = options.firstSequence();
    const deadLettered = await options.deadLettered(destination, sequence);
    const { counters } = initialPosition(sequence);
    const position = { sequence, settled: [], counters: { ...counters, normalized: deadLettered, deadLettered } };
    const file = await openPositionFile(files, positionPath(directory, destination));
    const opened = file.use(position, 'hold', savedBy(destination));
    log.error('position.restarted', { destination, reason: file.found.damaged ? 'damaged' : 'missing', sequence });
    await opened.save(position).catch((error: unknown) => logWriteFailure(destination, error));
    return opened;
  }

  const restarted = options.restarted.filter(isPositionName);
  for (const destination of restarted) known.set(destination, await restartPosition(destination));
  for (const destination of await listPositions(files, directory)) {
    if (known.has(destination)) continue;
    known.set(destination, await loadPosition(destination, options.firstSequence, 'evict'));
  }

  /** A position that one owner can save until it is released. */
  function ownedBy(owner: object, destination: string, position: OpenPosition): DurablePosition {
    async function saveOwned(next: Position): Promise<void> {
      if (owners.get(destination) !== owner) {
        const text = `the position of "${destination}" was released and cannot be saved`;
        throw new ConnectorError('position_failed', text);
      }
      await position.save(next);
    }
    async function closeOwned(): Promise<void> {
      if (owners.get(destination) === owner) await position.close();
    }
    return {
      get position() {
        return position.position;
      },
      save: saveOwned,
      close: closeOwned,
    };
  }

  /** @throws Error if the name is invalid, or its position is already open. */
  async function openPosition(destination: string, { startAt, whenFull }: PositionOptions): Promise<DurablePosition> {
    if (!isPositionName(destination)) {
      throw new Error(`"${destination}" is not a valid destination name: use a-z, 0-9 and -`);
    }
    if (owners.has(destination)) throw new Error(`the position of "${destination}" is already open`);
    const owner = {};
    owners.set(destination, owner);
    const fallback = startAt === 'now' ? options.nextSequence : options.firstSequence;
    const loading = known.get(destination) ?? loadPosition(destination, fallback, whenFull);
    const position = await Promise.resolve(loading).catch((error: unknown) => {
      owners.delete(destination);
      throw error;
    });
    known.set(destination, position);
    position.setWhenFull(whenFull);
    // Saved at once: retention considers this destination even before it settles a body. If this save fails, the next
    // one stores it.
    await position.save(position.position).catch((error: unknown) => logWriteFailure(destination, error));
    return ownedBy(owner, destination, position);
  }

  /** Takes a position from its owner, whose later saves are rejected. Does nothing if it is not open. */
  async function releasePosition(destination: string): Promise<void> {
    if (!owners.delete(destination)) return;
    releasedAt.set(destination, now());
    await known.get(destination)?.close();
  }

  /** Removes the position of a destination that is not open. */
  async function forgetPosition(destination: string): Promise<void> {
    if (owners.has(destination)) throw new Error(`the destination "${destination}" is in use`);
    const position = known.get(destination);
    if (position === undefined) return;
    known.delete(destination);
    releasedAt.delete(destination);
    await position.close();
    await files.remove(positionPath(directory, destination)).catch((error: unknown) => {
      // It was never saved.
      if (systemCode(error) !== 'ENOENT') throw error;
    });
    await files.syncDirectory(directory);
    options.onForgotten();
  }

  function listAll() {
    const inGrace = (destination: string): boolean =>
      Math.abs(now() - (releasedAt.get(destination) ?? startedAt)) < holdGraceMs;
    return [...known].map(([destination, { position, whenFull }]) => ({
      destination,
      position,
      holds: whenFull === 'hold' && (owners.has(destination) || inGrace(destination)),
    }));
  }

  async function closePositions(): Promise<void> {
    for (const position of known.values()) await position.close();
  }

  return {
    open: openPosition,
    release: releasePosition,
    orphaned: async () => [...known.keys()].filter((destination) => !owners.has(destination)).sort(),
    forget: forgetPosition,
    all: listAll,
    close: closePositions,
  };
}
