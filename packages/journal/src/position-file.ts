// How far a destination has come, on disk: position, counters and the destination's wish for a full journal together.
import { ConnectorError, type Position, type PositionFile } from '@xiq-siem/core';
import { z } from 'zod';
import { errorText, type Files } from './files.ts';
import type { PositionOptions } from './journal.ts';
import { positionSchema } from './position.ts';
import { openSlotFile } from './slot-file.ts';

/** Holds `maxSettledRanges`, each in a body of its own, or two of them a run, with the longest numbers. */
const slotBytes = 128 * 1024;

const stored = z.object({ v: z.literal(1), whenFull: z.enum(['letGo', 'hold']), position: positionSchema });

export interface KeptPosition extends PositionFile {
  readonly whenFull: PositionOptions['whenFull'];
  setWhenFull(whenFull: PositionOptions['whenFull']): void;
}

export interface FoundPosition {
  /** What stands on disk; `damaged` where no slot of the file can be used. */
  readonly found: { readonly position: Position; readonly whenFull: PositionOptions['whenFull'] } | 'damaged' | 'none';
  /** The file in use, starting from a position that need not be saved yet. `saved` is called after each save. */
  use(position: Position, whenFull: PositionOptions['whenFull'], saved: () => void): KeptPosition;
}

export async function openPositionFile(files: Files, path: string): Promise<FoundPosition> {
  const slots = await openSlotFile(files, path, slotBytes, (content) => parse(content) !== undefined);
  const found = typeof slots.found === 'string' ? slots.found : (parse(slots.found.content) ?? 'damaged');
  return {
    found,
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

function parse(content: string): z.infer<typeof stored> | undefined {
  try {
    return stored.parse(JSON.parse(content));
  } catch {
    return undefined;
  }
}
