// Steps the wall clock of the connector with libfaketime. Its monotonic clock and file times stay real.
import { existsSync, renameSync, writeFileSync } from 'node:fs';

const libraries = ['x86_64-linux-gnu/', 'aarch64-linux-gnu/', ''].map(
  (architecture) => `/usr/lib/${architecture}faketime/libfaketimeMT.so.1`,
);

export interface FakeClock {
  /** For the environment of the connector. */
  readonly environment: Readonly<Record<string, string>>;
  /** Sets the offset from the real time. The connector sees it within a second. */
  set(offsetSeconds: number): void;
}

/** Undefined if libfaketime is not installed. */
export function openClock(file: string): FakeClock | undefined {
  const library = libraries.find((path) => existsSync(path));
  if (library === undefined) return undefined;
  const set = (offsetSeconds: number): void => {
    writeFileSync(`${file}.new`, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`);
    renameSync(`${file}.new`, file);
  };
  set(0);
  return {
    environment: {
      ...{ LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: '1' },
      ...{ FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' },
    },
    set,
  };
}
