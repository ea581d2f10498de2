// What the last look at a source's subscriptions remembered, kept over restarts.
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@xiq-siem/core';
import { z } from 'zod';
import type { SeenTypes } from './seen-well.ts';

const seenType = z.object({
  wellAtMs: z.number().optional(),
  trouble: z.enum(['missing', 'disabled', 'changed']).optional(),
});

const record = z.object({
  v: z.literal(1),
  /** At another URL nothing that was seen before tells anything. */
  publicUrl: z.string(),
  application: z.string(),
  seen: z.record(z.string(), seenType),
});

export interface SeenPlace {
  readonly publicUrl: string;
  readonly application: string;
}

export interface SeenFile {
  /** `{}` where there is none yet, it was of another place, or it makes no sense, which is said. */
  read(place: SeenPlace): Promise<SeenTypes>;
  /** Resolves when it is on disk. */
  write(place: SeenPlace, seen: SeenTypes): Promise<void>;
}

/** `directory`: the data directory's room for jobs. */
export function seenFile(directory: string, source: string, log: Logger): SeenFile {
  const name = `${source}.subscriptions.json`;
  const path = join(directory, name);
  return {
    async read({ publicUrl, application }) {
      const text = await readFile(path, 'utf8').catch(() => undefined);
      if (text === undefined) return {};
      const parsed = record.safeParse(jsonIn(text));
      if (!parsed.success) {
        log.warn('subscriptions.memory_unreadable', { source, file: name });
        return {};
      }
      const { data } = parsed;
      if (data.publicUrl !== publicUrl || data.application !== application) return {};
      return Object.fromEntries(
        Object.entries(data.seen).map(([type, { wellAtMs, trouble }]) => [
          type,
          { ...(wellAtMs !== undefined && { wellAtMs }), ...(trouble !== undefined && { trouble }) },
        ]),
      );
    },
    async write({ publicUrl, application }, seen) {
      {
        await using file = await open(`${path}.new`, 'w', 0o600);
        await file.writeFile(`${JSON.stringify({ v: 1, publicUrl, application, seen })}\n`);
        await file.datasync();
      }
      await rename(`${path}.new`, path);
    },
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
