// The last time at which webhooks would have been accepted, kept so that the next start knows since when none were.
import { readFile, rename, writeFile } from 'node:fs/promises';

export interface AliveMark {
  /** Epoch milliseconds; undefined before the first. */
  readonly lastMs: number | undefined;
  set(ms: number): Promise<void>;
}

/** A file that makes no sense is one that is not there. */
export async function openAliveMark(path: string): Promise<AliveMark> {
  const text = await readFile(path, 'utf8').catch(() => '');
  let lastMs = /^\d{1,15}\n$/.test(text) ? Number(text) : undefined;
  return {
    get lastMs() {
      return lastMs;
    },
    async set(ms) {
      lastMs = ms;
      await writeFile(`${path}.new`, `${ms}\n`, { mode: 0o600 });
      await rename(`${path}.new`, path);
    },
  };
}
