// Stores the position of a destination: position, counters, and what a full journal does with its bodies.
import { join } from 'node:path';
import { ConnectorError, type DurablePosition, type Position, type PositionOptions } from '@xiq-siem/core';
import { z } from 'zod';
import { errorText, type Files, nodeFiles } from './files.ts';
import { positionSchema } from './position.ts';
import { openSlotFile, readSlotFile, type SlotFormat } from './slot-file.ts';

interface Stored {
  readonly whenFull: PositionOptions['whenFull'];
  readonly position: Position;
}

/** Older files have `letGo` for `evict`. */
const whenFullSchema = z.enum(['evict', 'hold', 'letGo']).transform((value) => (value === 'letGo' ? 'evict' : value));

const format: SlotFormat<Stored> = {
  schema: z.object({ whenFull: whenFullSchema, position: positionSchema }),
  /** Enough for `maxSettledRanges` with the longest numbers, each in its own body. */
  slotBytes: 128 * 1024,
};
const namePattern = /^[a-z0-9-]{1,64}$/;
const suffix = '.position';

export interface OpenPosition extends DurablePosition {
  readonly whenFull: Stored['whenFull'];
  setWhenFull(whenFull: Stored['whenFull']): void;
}

/** Whether the name is valid for a destination. */
export function isPositionName(destination: string): boolean {
  return namePattern.test(destination);
}

export function positionPath(directory: string, destination: string): string {
  return join(directory, destination + suffix);
}

/** Destinations that have a position in a directory. */
export async function listPositions(files: Files, directory: string): Promise<readonly string[]> {
  const names = (await files.list(directory)).filter((name) => name.endsWith(suffix));
  return names.map((name) => name.slice(0, -suffix.length)).filter(isPositionName);
}

/** Reads all positions of a directory without changing it. */
export async function readPositions(
  files: Files,
  directory: string,
): Promise<ReadonlyMap<string, Position | 'damaged'>> {
  const positions = new Map<string, Position | 'damaged'>();
  for (const destination of await listPositions(files, directory)) {
    const { value, damaged } = await readSlotFile(files, positionPath(directory, destination), format);
    if (value !== undefined) positions.set(destination, value.position);
    else if (damaged) positions.set(destination, 'damaged');
  }
  return positions;
}

/** Reads the position in one file; undefined if there is none. Rejects if it is damaged. */
export async function readPositionAt(path: string, files: Files = nodeFiles): Promise<Position | undefined> {
  const { value, damaged } = await readSlotFile(files, path, format);
  if (damaged && value === undefined) throw new ConnectorError('position_failed', `the position in ${path} is damaged`);
  return value?.position;
}

/** Opens the file. The caller uses it or closes it. */
export async function openPositionFile(files: Files, path: string) {
  const slots = await openSlotFile(files, path, format);

  /** Starts at a position that may be unsaved. Calls `onSaved` after each save. */
  function usePosition(
    initial: Position,
    initialWhenFull: Stored['whenFull'],
    onSaved: (before: Position, after: Position) => void,
  ): OpenPosition {
    let position = initial;
    let whenFull = initialWhenFull;
    let wanted: Position | undefined;
    let running: Promise<void> | undefined;
    let following: Promise<void> | undefined;

    async function writePosition(): Promise<void> {
      const next = wanted ?? position;
      wanted = undefined;
      try {
        await slots.save({ whenFull, position: next });
      } catch (error) {
        const text = `the position in ${path} could not be saved (${errorText(error)}): events after it may be sent again`;
        throw new ConnectorError('position_failed', text, { cause: error });
      }
      const before = position;
      position = next;
      onSaved(before, next);
    }

    /** Calls during a save share the next save, which writes the newest position. */
    function savePosition(next: Position): Promise<void> {
      wanted = next;
      if (following !== undefined) return following;
      const after = (running ?? Promise.resolve()).catch(() => undefined);
      const current: Promise<void> = after.then(() => {
        following = undefined;
        running = current;
        return writePosition();
      });
      following = current;
      return current;
    }

    async function closePosition(): Promise<void> {
      await (following ?? running)?.catch(() => undefined);
      await slots.close();
    }

    return {
      get position() {
        return position;
      },
      get whenFull() {
        return whenFull;
      },
      setWhenFull(value) {
        whenFull = value;
      },
      save: savePosition,
      close: closePosition,
    };
  }
  return { found: slots.found, close: slots.close, use: usePosition };
}
