// The terminal or pipe of this process.
import { createInterface } from 'node:readline/promises';
import { setTimeout } from 'node:timers/promises';
import { exits } from '../exit-codes.ts';
import { coloursWanted } from './colours.ts';
import type { Terminal } from './terminal.ts';
import { cutText } from './text-width.ts';

const unknownColumns = 80;
const clearLine = '\r\u001b[K';
const clearScreen = '\u001b[H\u001b[J';

/** Installs signal handlers on first use only: `serve` handles signals itself. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  let progressVisible = false;
  let interruption: AbortController | undefined;
  let watchesPipe = false;

  const columnsOf = ({ columns = 0 }: { columns?: number }): number => (columns > 0 ? columns : unknownColumns);
  const clearProgress = (): void => {
    if (progressVisible) stderr.write(clearLine);
    progressVisible = false;
  };
  // A reader that closes the pipe (`| head`) is not an error.
  const exitOnClosedPipe = (): void => {
    if (watchesPipe) return;
    watchesPipe = true;
    stdout.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EPIPE') process.exit(exits.ok);
      throw cause;
    });
    stderr.on('error', () => {});
  };
  function interruptSignal(): AbortSignal {
    if (interruption === undefined) {
      const controller = new AbortController();
      interruption = controller;
      process.on('SIGINT', () => {
        if (controller.signal.aborted) process.exit(exits.interrupted);
        controller.abort();
      });
    }
    return interruption.signal;
  }
  function writeLine(stream: NodeJS.WriteStream, text: string): void {
    exitOnClosedPipe();
    clearProgress();
    stream.write(`${text}\n`);
  }
  function showProgress(line: string): void {
    clearProgress();
    if (line === '' || !stderr.isTTY || env['TERM'] === 'dumb') return;
    stderr.write(cutText(line, columnsOf(stderr) - 1));
    progressVisible = true;
  }
  function clearTerminal(): void {
    if (stdout.isTTY && env['TERM'] !== 'dumb') stdout.write(clearScreen);
  }
  async function confirmQuestion(question: string): Promise<boolean> {
    clearProgress();
    const signal = interruptSignal();
    using lines = createInterface({ input: stdin, output: stderr });
    // While readline reads a line, Ctrl-C is a key and sends no signal.
    lines.on('SIGINT', () => process.emit('SIGINT'));
    try {
      return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
    } catch (cause) {
      if (signal.aborted) throw cause;
      // The end of the input means no.
      return false;
    }
  }
  return {
    get columns() {
      return stdout.isTTY ? columnsOf(stdout) : undefined;
    },
    get rows() {
      return stdout.isTTY && stdout.rows > 0 ? stdout.rows : undefined;
    },
    colours: coloursWanted(env, stdout.isTTY === true),
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    out: (text) => writeLine(stdout, text),
    err: (text) => writeLine(stderr, text),
    progress: showProgress,
    clear: clearTerminal,
    confirm: confirmQuestion,
    interrupted: interruptSignal,
    pause: (ms) => setTimeout(ms, undefined, { signal: interruptSignal() }).catch(() => undefined),
    now: Date.now,
  };
}
