// Where the data directory is, of a configuration that may be at fault elsewhere.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import { frameSchema } from './schema.ts';

/**
 * The directory, absolute, and whether the file names it: else it is the default. The rest of the file may be wrong, be it
 * YAML or not. Undefined where the file cannot be read, holds no keys, is no YAML before `dataDirectory`, or that itself
 * is wrong.
 */
export async function dataDirectoryOf(
  file: string,
): Promise<{ readonly path: string; readonly isNamed: boolean } | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { contents, errors } = parseDocument(text, { prettyErrors: false, stringKeys: true });
  if (contents !== null && !isMap(contents)) return undefined;
  const isNamed = contents?.has('dataDirectory') ?? false;
  if (!isNamed && errors.length > 0) return undefined;
  const { success, data } = frameSchema.shape.dataDirectory.safeParse(
    isNamed ? (contents?.get('dataDirectory') ?? null) : undefined,
  );
  return success ? { path: resolve(dirname(file), data), isNamed } : undefined;
}
