// Which positions stand in a directory: their names, their files, and what those say by reading alone.
import { join } from 'node:path';
import type { Position } from '@xiq-siem/core';
import type { Files } from './files.ts';
import { readPositionFile } from './position-file.ts';

const namePattern = /^[a-z0-9-]{1,64}$/;
const suffix = '.position';

export function isPositionName(destination: string): boolean {
  return namePattern.test(destination);
}

export function positionPath(directory: string, destination: string): string {
  return join(directory, destination + suffix);
}

/** The destinations that have a position in a directory. */
export async function listPositions(files: Files, directory: string): Promise<readonly string[]> {
  const names = await files.list(directory);
  return names.flatMap((name) => {
    const destination = name.endsWith(suffix) ? name.slice(0, -suffix.length) : '';
    return isPositionName(destination) ? [destination] : [];
  });
}

export async function readPositions(
  files: Files,
  directory: string,
): Promise<ReadonlyMap<string, Position | 'damaged'>> {
  const positions = new Map<string, Position | 'damaged'>();
  for (const destination of await listPositions(files, directory)) {
    const found = await readPositionFile(files, positionPath(directory, destination));
    if (found !== 'none') positions.set(destination, found === 'damaged' ? found : found.position);
  }
  return positions;
}
