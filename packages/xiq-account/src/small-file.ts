// A small JSON file that is written whole or not at all, for us alone to read.
import { open, readFile, rename } from 'node:fs/promises';
import type { z } from 'zod';

/** Undefined where there is none, or its content is invalid: then `invalid` is called. */
export async function readSmallFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  invalid: () => void = () => undefined,
): Promise<z.output<Schema> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    invalid();
    return undefined;
  }
}

/** Resolves when it is on disk. */
export async function writeSmallFile(path: string, content: unknown): Promise<void> {
  {
    await using file = await open(`${path}.new`, 'w', 0o600);
    await file.writeFile(`${JSON.stringify(content)}\n`);
    await file.datasync();
  }
  await rename(`${path}.new`, path);
}
