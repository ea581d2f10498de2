// Long work in one line: how far it is, and how much longer it may take.
import type { Terminal } from './terminal.ts';
import { duration, group } from './units.ts';

export interface Progress {
  show(done: number, total: number, more?: string): void;
  end(): void;
}

/** An estimate from less than this is a guess. */
const leastSeconds = 2;

/** `work`: what is being done; `unit`: what of ("bodies"). */
export function startProgress(terminal: Terminal, work: string, unit: string): Progress {
  const startedMs = terminal.now();
  let first: number | undefined;
  return {
    show(done, total, more = '') {
      first ??= done;
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const seconds = (terminal.now() - startedMs) / 1000;
      const pace = (done - first) / seconds;
      const isKnown = seconds >= leastSeconds && pace > 0 && done < total;
      const left = isKnown ? `, ${duration((total - done) / pace)} left` : '';
      const percent = `${Math.floor(share * 100)} %`;
      terminal.progress(`${work}: ${percent} (${group(done)} of ${group(total)} ${unit}${left})${more}`);
    },
    end: () => terminal.progress(''),
  };
}
