// A helper process that ends the server and removes its folder when this process ends, also after kill -9.
import { spawn } from 'node:child_process';

export interface CleanupProcess {
  /** Sets the process group to end; undefined: none. */
  watch(group: number | undefined): void;
  /** Ends the helper process without any action. */
  dismiss(): void;
}

// Reads process groups until `done`. If the input ends without `done`, the parent process has ended. A killed process may
// still write for a moment, so the removal is tried several times.
const script = `
group=
while read -r line; do
  if [ "$line" = done ]; then exit 0; fi
  group=$line
done
if [ -n "$group" ]; then
  kill -s KILL -- "-$group" 2>/dev/null
fi
for attempt in 1 2 3 4 5; do
  if rm -rf -- "$1" 2>/dev/null; then exit 0; fi
  sleep 0.2
done
`;

/** Starts the helper process for the folder `home`. */
export function startCleanupProcess(home: string): CleanupProcess {
  // Its own process group: Ctrl-C must not end it.
  const shell = spawn('/bin/sh', ['-c', script, 'testbed-cleanup', home], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  shell.stdin.on('error', () => {
    // The helper was killed.
  });
  return {
    watch: (group) => void shell.stdin.write(`${group ?? ''}\n`),
    dismiss: () => void shell.stdin.end('done\n'),
  };
}
