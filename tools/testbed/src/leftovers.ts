// For tests: finds processes and files that a stopped server left behind.
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { groupRuns } from './process-group.ts';
import type { RunningServer } from './start-server.ts';

/** Stops the server and lists what still exists: processes of its group, its folder. */
export async function leftoversAfterStop(server: RunningServer): Promise<readonly string[]> {
  const group = server.processGroup();
  const home = dirname(server.dataDirectory);
  await server.stop();
  const processes = group !== undefined && groupRuns(group) ? [`process group ${group}`] : [];
  return [...processes, ...(existsSync(home) ? [home, ...readdirSync(home)] : [])];
}
