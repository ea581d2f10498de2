// All positions there are: the opened ones and those of destinations that nobody has opened (yet, or any more).
import { ConnectorError, type DurablePosition, initialPosition, type PositionOptions } from '@xiq-siem/core';
import { errorText, type Files, systemCode } from './files.ts';
import type { JournalOptions } from './journal.ts';
import { clampPosition } from './position.ts';
import { isPositionName, listPositions, type OpenPosition, openPositionFile, positionPath } from './position-file.ts';

/** How long a position that is not open (yet, or any more) keeps its destination's wish to hold bodies. */
const holdGraceMs = 60_000;

export type Positions = Awaited<ReturnType<typeof openPositions>>;

interface PositionsOptions extends Pick<JournalOptions, 'now' | 'log'> {
  readonly files: Files;
  readonly directory: string;
  /** Called after each save. */
  readonly saved: () => void;
  readonly firstSequence: () => number;
  readonly nextSequence: () => number;
}

/** Reads every position on disk, and sets those beyond the tail to the tail before anything can be appended there. */
export async function openPositions(options: PositionsOptions) {
  const { files, directory, log, now } = options;
  const known = new Map<string, OpenPosition>();
  /** What tells an owner from the one before. */
  const owners = new Map<string, object>();
  const startedAt = now();
  const releasedAt = new Map<string, number>();

  function failed(destination: string, error: unknown): void {
    log.error('position.write_failed', { destination, why: errorText(error) });
  }

  async function load(destination: string, fallback: () => number, whenFull: PositionOptions['whenFull']) {
    const file = await openPositionFile(files, positionPath(directory, destination));
    const { value, damaged } = file.found;
    if (damaged) log.error('position.damaged', { destination, startsAt: options.firstSequence() });
    if (value === undefined) {
      const start = damaged ? options.firstSequence() : fallback();
      return file.use(initialPosition(start), whenFull, options.saved);
    }
    const { position } = value;
    const clamped = clampPosition(position, options.nextSequence());
    const kept = file.use(clamped, value.whenFull, options.saved);
    if (clamped !== position) {
      log.warn('position.beyond_tail', { destination, sequence: position.sequence, setTo: clamped.sequence });
      await kept.save(clamped).catch((error: unknown) => failed(destination, error));
    }
    return kept;
  }

  for (const destination of await listPositions(files, directory)) {
    known.set(destination, await load(destination, options.firstSequence, 'evict'));
  }

  /** The position in the hands of one owner, until it is taken back. */
  function ownedBy(owner: object, destination: string, position: OpenPosition): DurablePosition {
    return {
      get position() {
        return position.position;
      },
      async save(next) {
        if (owners.get(destination) !== owner) {
          const text = `the position of "${destination}" was released: nothing more is saved to it`;
          throw new ConnectorError('position_failed', text);
        }
        await position.save(next);
      },
      async close() {
        if (owners.get(destination) === owner) await position.close();
      },
    };
  }

  return {
    /** @throws Error where the name is none, or its position is open already. */
    async open(destination: string, { startAt, whenFull }: PositionOptions): Promise<DurablePosition> {
      if (!isPositionName(destination)) {
        throw new Error(`"${destination}" is no destination's name: a-z, 0-9 and - only`);
      }
      if (owners.has(destination)) throw new Error(`the position of "${destination}" is open already`);
      const owner = {};
      owners.set(destination, owner);
      const fallback = startAt === 'now' ? options.nextSequence : options.firstSequence;
      const loading = known.get(destination) ?? load(destination, fallback, whenFull);
      const position = await Promise.resolve(loading).catch((error: unknown) => {
        owners.delete(destination);
        throw error;
      });
      known.set(destination, position);
      position.setWhenFull(whenFull);
      // On disk from its first call: what this destination wants counts, even if nothing is ever settled. Where the disk
      // does not take it now, the next save does.
      await position.save(position.position).catch((error: unknown) => failed(destination, error));
      return ownedBy(owner, destination, position);
    },
    /** Takes a position from its owner, whose saves are refused from now on; no matter where it is not open. */
    async release(destination: string): Promise<void> {
      if (!owners.delete(destination)) return;
      releasedAt.set(destination, now());
      await known.get(destination)?.close();
    },
    orphaned: async () => [...known.keys()].filter((destination) => !owners.has(destination)).sort(),
    /** Ends a destination that is not open. */
    async forget(destination: string): Promise<void> {
      if (owners.has(destination)) throw new Error(`the destination "${destination}" is in use`);
      const position = known.get(destination);
      if (position === undefined) return;
      known.delete(destination);
      releasedAt.delete(destination);
      await position.close();
      await files.remove(positionPath(directory, destination)).catch((error: unknown) => {
        // Never saved: nothing to remove.
        if (systemCode(error) !== 'ENOENT') throw error;
      });
      await files.syncDirectory(directory);
      options.saved();
    },
    all() {
      const inGrace = (destination: string): boolean =>
        Math.abs(now() - (releasedAt.get(destination) ?? startedAt)) < holdGraceMs;
      return [...known].map(([destination, { position, whenFull }]) => ({
        destination,
        position,
        holds: whenFull === 'hold' && (owners.has(destination) || inGrace(destination)),
      }));
    },
    async close(): Promise<void> {
      for (const position of known.values()) await position.close();
    },
  };
}
