// How far a destination has come, on disk: position, counters and the destination's wish for a full journal together.
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

/** `letGo`: how format 2 first wrote `evict`. */
const whenFullSchema = z.enum(['evict', 'hold', 'letGo']).transform((value) => (value === 'letGo' ? 'evict' : value));

const format: SlotFormat<Stored> = {
  schema: z.object({ whenFull: whenFullSchema, position: positionSchema }),
  /** Holds `maxSettledRanges`, each in a body of its own, or two of them a run, with the longest numbers. */
  slotBytes: 128 * 1024,
};
const namePattern = /^[a-z0-9-]{1,64}$/;
const suffix = '.position';

export interface OpenPosition extends DurablePosition {
  readonly whenFull: Stored['whenFull'];
  setWhenFull(whenFull: Stored['whenFull']): void;
}

/** Whether a destination may have that name. */
export function isPositionName(destination: string): boolean {
  return namePattern.test(destination);
}

export function positionPath(directory: string, destination: string): string {
  return join(directory, destination + suffix);
}

/** The destinations that have a position in a directory. */
export async function listPositions(files: Files, directory: string): Promise<readonly string[]> {
  const names = (await files.list(directory)).filter((name) => name.endsWith(suffix));
  return names.map((name) => name.slice(0, -suffix.length)).filter(isPositionName);
}

/** All positions of a directory by reading alone. */
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

/** The position in one file, by reading alone; undefined where there is none. Rejects where it is damaged. */
export async function readPositionAt(path: string, files: Files = nodeFiles): Promise<Position | undefined> {
  const { value, damaged } = await readSlotFile(files, path, format);
  if (damaged && value === undefined) throw new ConnectorError('position_failed', `the position in ${path} is damaged`);
  return value?.position;
}

/** The file as found: to be used, or closed. */
export async function openPositionFile(files: Files, path: string) {
  const slots = await openSlotFile(files, path, format);
  return {
    found: slots.found,
    close: slots.close,
    /** Starts from a position that need not be saved yet. `saved` is called after each save. */
    use(initial: Position, initialWhenFull: Stored['whenFull'], saved: () => void): OpenPosition {
      let position = initial;
      let whenFull = initialWhenFull;
      let wanted: Position | undefined;
      let running: Promise<void> | undefined;
      let following: Promise<void> | undefined;

      async function write(): Promise<void> {
        const next = wanted ?? position;
        wanted = undefined;
        try {
          await slots.save({ whenFull, position: next });
        } catch (error) {
          const text = `the position in ${path} could not be saved (${errorText(error)}): what follows it may be sent again`;
          throw new ConnectorError('position_failed', text, { cause: error });
        }
        position = next;
        saved();
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
        // While one save is on its way, those who come share the next, which writes the newest.
        save(next) {
          wanted = next;
          if (following !== undefined) return following;
          const after = (running ?? Promise.resolve()).catch(() => undefined);
          const current: Promise<void> = after.then(() => {
            following = undefined;
            running = current;
            return write();
          });
          following = current;
          return current;
        },
        async close() {
          await (following ?? running)?.catch(() => undefined);
          await slots.close();
        },
      };
    },
  };
}
