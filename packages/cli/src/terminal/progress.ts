// Shows the progress of long work in one line, with an estimate of the time left.
import type { Terminal } from './terminal.ts';
import { duration, group } from './units.ts';

export interface Progress {
  show(done: number, total: number, more?: string): void;
  end(): void;
}

/** No estimate before this time: it would be a guess. */
const estimateAfterSeconds = 2;

/** `label`: the work ("Scanning"); `unit`: what is counted ("requests"). */
export function startProgress(terminal: Terminal, label: string, unit: string): Progress {
  const startedMs = terminal.now();
  let first: number | undefined;
  function showDone(done: number, total: number, more = ''): void {
    first ??= done;
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const seconds = (terminal.now() - startedMs) / 1000;
    const perSecond = (done - first) / seconds;
    const isKnown = seconds >= estimateAfterSeconds && perSecond > 0 && done < total;
    const left = isKnown ? `, ${duration((total - done) / perSecond)} left` : '';
    const percent = `${Math.floor(share * 100)} %`;
    terminal.progress(`${label}: ${percent} (${group(done)} of ${group(total)} ${unit}${left})${more}`);
  }
  return { show: showDone, end: () => terminal.progress('') };
}
