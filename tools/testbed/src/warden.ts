// Outlives us: when this process ends in any way, kill -9 included, its server ends too and its folder is removed.
import { spawn } from 'node:child_process';

export interface Warden {
  /** Names the process group to end, the last one named; none: there is nothing to end. */
  watch(group: number | undefined): void;
  /** All is cleaned up: the warden ends without doing anything. */
  dismiss(): void;
}

// Reads process groups until `done`. The end of its input without `done` is our death. What is being killed may write
// for a moment yet, hence the attempts.
const script = `
group=
while read -r word; do
  if [ "$word" = done ]; then exit 0; fi
  group=$word
done
if [ -n "$group" ]; then
  kill -s KILL -- "-$group" 2>/dev/null
fi
for attempt in 1 2 3 4 5; do
  if rm -rf -- "$1" 2>/dev/null; then exit 0; fi
  sleep 0.2
done
`;

/** Watches over `home` from now on. */
export function postWarden(home: string): Warden {
  // A group of its own, so that a Ctrl-C meant for us does not end it first.
  const shell = spawn('/bin/sh', ['-c', script, 'testbed-warden', home], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  shell.stdin.on('error', () => {
    // It was killed by somebody: there is nobody left to tell.
  });
  return {
    watch: (group) => void shell.stdin.write(`${group ?? ''}\n`),
    dismiss: () => void shell.stdin.end('done\n'),
  };
}
