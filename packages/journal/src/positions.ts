// All positions there are: the opened ones and those of destinations that nobody has opened (yet, or any more).
import { join } from 'node:path';
import type { Logger, Position } from '@xiq-siem/core';
import { errorText, type Files, systemCode } from './files.ts';
import type { PositionOptions } from './journal.ts';
import { clampPosition, freshPosition } from './position.ts';
import { type KeptPosition, openPositionFile } from './position-file.ts';

const namePattern = /^[a-z0-9-]{1,64}$/;
const suffix = '.position';
/** How long after the start a position that is not opened yet keeps its destination's wish to hold bodies. */
const holdGraceMs = 60_000;

export interface Positions {
  /** @throws Error where the name is none, or its position is open already. */
  open(destination: string, options: PositionOptions): Promise<KeptPosition>;
  orphaned(): readonly string[];
  /** Ends a destination that is not open. */
  forget(destination: string): Promise<void>;
  all(): readonly { readonly destination: string; readonly position: Position; readonly holds: boolean }[];
  close(): Promise<void>;
}

export interface PositionsOptions {
  readonly files: Files;
  readonly directory: string;
  readonly now: () => number;
  readonly log: Logger;
  /** Called after each save. */
  readonly saved: () => void;
  readonly firstSequence: () => number;
  readonly nextSequence: () => number;
}

/** Reads every position on disk, and sets those beyond the tail to the tail before anything can be appended there. */
export async function openPositions(options: PositionsOptions): Promise<Positions> {
  const { files, directory, log, now } = options;
  const known = new Map<string, KeptPosition>();
  const opened = new Set<string>();
  const startedAt = now();

  function failed(destination: string, error: unknown): void {
    log.error('position.failed', { destination, why: errorText(error) });
  }

  async function load(destination: string, fallback: () => number, whenFull: PositionOptions['whenFull']) {
    const file = await openPositionFile(files, join(directory, destination + suffix));
    if (typeof file.found === 'string') {
      if (file.found === 'damaged') {
        log.error('position.damaged', { destination, startsAt: options.firstSequence() });
        return file.use(freshPosition(options.firstSequence()), whenFull, options.saved);
      }
      return file.use(freshPosition(fallback()), whenFull, options.saved);
    }
    const { position } = file.found;
    const clamped = clampPosition(position, options.nextSequence());
    const kept = file.use(clamped, file.found.whenFull, options.saved);
    if (clamped !== position) {
      log.warn('position.beyond_tail', { destination, sequence: position.sequence, setTo: clamped.sequence });
      await kept.save(clamped).catch((error: unknown) => failed(destination, error));
    }
    return kept;
  }

  for (const name of await files.list(directory)) {
    const destination = name.endsWith(suffix) ? name.slice(0, -suffix.length) : '';
    if (namePattern.test(destination)) known.set(destination, await load(destination, options.firstSequence, 'letGo'));
  }

  return {
    async open(destination, { startAt, whenFull }) {
      if (!namePattern.test(destination))
        throw new Error(`"${destination}" is no destination's name: a-z, 0-9 and - only`);
      if (opened.has(destination)) throw new Error(`the position of "${destination}" is open already`);
      opened.add(destination);
      const fallback = startAt === 'now' ? options.nextSequence : options.firstSequence;
      const loading = known.get(destination) ?? load(destination, fallback, whenFull);
      const position = await Promise.resolve(loading).catch((error: unknown) => {
        opened.delete(destination);
        throw error;
      });
      known.set(destination, position);
      position.setWhenFull(whenFull);
      // On disk from its first call: what this destination wants counts, even if nothing is ever settled. Where the disk
      // does not take it now, the next save does.
      await position.save(position.position).catch((error: unknown) => failed(destination, error));
      return position;
    },
    orphaned: () => [...known.keys()].filter((destination) => !opened.has(destination)).sort(),
    async forget(destination) {
      if (opened.has(destination)) throw new Error(`the destination "${destination}" is in use`);
      const position = known.get(destination);
      if (position === undefined) return;
      known.delete(destination);
      await position.close();
      await files.remove(join(directory, destination + suffix)).catch((error: unknown) => {
        // Never saved: nothing to remove.
        if (systemCode(error) !== 'ENOENT') throw error;
      });
      await files.syncDirectory(directory);
      options.saved();
    },
    all() {
      const inGrace = Math.abs(now() - startedAt) < holdGraceMs;
      return [...known].map(([destination, { position, whenFull }]) => ({
        destination,
        position,
        holds: whenFull === 'hold' && (opened.has(destination) || inGrace),
      }));
    },
    async close() {
      for (const position of known.values()) await position.close();
    },
  };
}
