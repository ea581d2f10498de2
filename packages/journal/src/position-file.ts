// How far a destination has come, on disk: position, counters and the destination's wish for a full journal together.
import { ConnectorError, type Position, type PositionFile } from '@xiq-siem/core';
import { z } from 'zod';
import { errorText, type Files, nodeFiles } from './files.ts';
import type { PositionOptions } from './journal.ts';
import { positionSchema } from './position.ts';
import { openSlotFile, readSlotFile, type SlotFile } from './slot-file.ts';

/** Holds `maxSettledRanges`, each in a body of its own, or two of them a run, with the longest numbers. */
const slotBytes = 128 * 1024;

const stored = z.object({ v: z.literal(1), whenFull: z.enum(['letGo', 'hold']), position: positionSchema });

export interface KeptPosition extends PositionFile {
  readonly whenFull: PositionOptions['whenFull'];
  setWhenFull(whenFull: PositionOptions['whenFull']): void;
}

/** What stands on disk; `damaged` where no slot of the file can be used. */
type Found = { readonly position: Position; readonly whenFull: PositionOptions['whenFull'] } | 'damaged' | 'none';

export interface FoundPosition {
  readonly found: Found;
  /** The file in use, starting from a position that need not be saved yet. `saved` is called after each save. */
  use(position: Position, whenFull: PositionOptions['whenFull'], saved: () => void): KeptPosition;
  /** For a file that is not used. */
  close(): Promise<void>;
}

/** A saved position by reading alone. */
export async function readPositionFile(files: Files, path: string): Promise<Found> {
  return foundIn(await readSlotFile(files, path, slotBytes, isUsable));
}

/**
 * A position file of somebody else's than a destination's, anywhere in a directory that is there; made at the first save.
 * It holds nothing in the journal back. Where there is none it begins at `initial`.
 * @throws ConnectorError position_failed where it is damaged or cannot be opened.
 */
export async function openPositionFileAt(
  path: string,
  initial: Position,
  files: Files = nodeFiles,
): Promise<PositionFile> {
  const file = await openPositionFile(files, path).catch((error: unknown) => {
    const text = `the position in ${path} cannot be opened (${errorText(error)}): see to its permissions and the disk`;
    throw new ConnectorError('position_failed', text, { cause: error });
  });
  if (file.found === 'damaged') {
    await file.close();
    const text = `the position in ${path} is damaged: what it belongs to must begin anew; remove the file for that`;
    throw new ConnectorError('position_failed', text);
  }
  return file.use(file.found === 'none' ? initial : file.found.position, 'letGo', () => undefined);
}

export async function openPositionFile(files: Files, path: string): Promise<FoundPosition> {
  const slots = await openSlotFile(files, path, slotBytes, isUsable);
  return {
    found: foundIn(slots.found),
    close: slots.close,
    use(initial, initialWhenFull, saved) {
      let position = initial;
      let whenFull = initialWhenFull;
      let wanted: Position | undefined;
      let running: Promise<void> | undefined;
      let following: Promise<void> | undefined;

      async function write(): Promise<void> {
        const next = wanted ?? position;
        wanted = undefined;
        try {
          await slots.save(JSON.stringify({ v: 1, whenFull, position: positionSchema.parse(next) }));
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
          const mine: Promise<void> = after.then(() => {
            following = undefined;
            running = mine;
            return write();
          });
          following = mine;
          return mine;
        },
        async close() {
          await (following ?? running)?.catch(() => undefined);
          await slots.close();
        },
      };
    },
  };
}

function foundIn(found: SlotFile['found']): Found {
  return typeof found === 'string' ? found : (parse(found.content) ?? 'damaged');
}

const isUsable = (content: string): boolean => parse(content) !== undefined;

function parse(content: string): z.infer<typeof stored> | undefined {
  try {
    return stored.parse(JSON.parse(content));
  } catch {
    return undefined;
  }
}
