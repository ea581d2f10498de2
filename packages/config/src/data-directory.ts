// Where the data directory is, of a configuration that may be at fault elsewhere.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import { frameSchema } from './schema.ts';

/**
 * Absolute; the default where the file names none. The rest of the file may be wrong, be it YAML or not. Undefined where
 * the file cannot be read, is no YAML before `dataDirectory`, or that itself is wrong.
 */
export async function dataDirectoryOf(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { contents, errors } = parseDocument(text, { prettyErrors: false, stringKeys: true });
  const named: unknown = isMap(contents) ? contents.get('dataDirectory') : undefined;
  if (named === undefined && errors.length > 0) return undefined;
  const { success, data } = frameSchema.shape.dataDirectory.safeParse(named);
  return success ? resolve(dirname(file), data) : undefined;
}
