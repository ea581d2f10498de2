// Finds the data directory in a configuration that may have faults elsewhere.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import { configurationSchema } from './schema.ts';

/**
 * The absolute path, and whether the file sets it or it is the default. The rest of the file may be invalid. Undefined if
 * the file cannot be read, has no keys, is invalid YAML before `dataDirectory`, or has an invalid `dataDirectory`.
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
  const { success, data } = configurationSchema.shape.dataDirectory.safeParse(
    isNamed ? (contents?.get('dataDirectory') ?? null) : undefined,
  );
  return success ? { path: resolve(dirname(file), data), isNamed } : undefined;
}
