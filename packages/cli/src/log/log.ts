// Our own log: one line a fact, on standard error; readable in a terminal, JSON everywhere else.
import { escapeControls, type LogAttributes, type Logger } from '@xiq-siem/core';
import { foldFaults, type SteadyClock } from './fold-faults.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly json: boolean;
  /** The least that is written. */
  readonly level: LogLevel;
  readonly write: (line: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** For tests: by which repeated faults are folded. */
  readonly clock?: SteadyClock;
}

/** For commands that say themselves what goes wrong. */
export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface OwnLog extends Logger {
  /** Writes what was held back as repeated. */
  flush(): void;
}

/** Characters of one fact; the rest is cut. */
const maxCharacters = 2_048;

/** Warnings and errors that repeat within a minute are folded: see `foldFaults`. */
export function createLogger({ json, level: least, write, now, clock }: LogOptions): OwnLog {
  const line = (level: LogLevel, event: string, attributes: LogAttributes): void => {
    const time = new Date(now()).toISOString();
    const shown = fitting(attributes);
    // The same characters are escaped in JSON, where they mean the same to whoever reads it.
    if (json) write(`${escapeControls(JSON.stringify({ time, level, event, ...shown }))}\n`);
    else write(`${time} ${level.padEnd(5)} ${event}${readable(shown)}\n`);
  };
  const faults = foldFaults({ write: ({ level, event, attributes }) => line(level, event, attributes), clock });
  const writes = (level: LogLevel): boolean => logLevels.indexOf(level) >= logLevels.indexOf(least);
  const fact =
    (level: 'debug' | 'info') =>
    (event: string, attributes: LogAttributes = {}): void => {
      if (writes(level)) line(level, event, attributes);
    };
  const fault =
    (level: 'warn' | 'error') =>
    (event: string, attributes: LogAttributes = {}): void => {
      if (writes(level)) faults.tell({ level, event, attributes });
    };
  return {
    debug: fact('debug'),
    info: fact('info'),
    warn: fault('warn'),
    error: fault('error'),
    flush: faults.flush,
  };
}

/**
 * To standard error, from XIQ_SIEM_LOG_LEVEL up; XIQ_SIEM_DEBUG=1 is short for debug. A reader that has gone away
 * (EPIPE) or a full log disk stops nobody. What was folded is told when the process ends.
 */
export function standardErrorLogger(): OwnLog {
  process.stderr.on('error', () => {});
  const { XIQ_SIEM_LOG_LEVEL: wanted = '', XIQ_SIEM_DEBUG } = process.env;
  const named = logLevels.find((level) => level === wanted.toLowerCase());
  const log = createLogger({
    json: !process.stderr.isTTY,
    level: XIQ_SIEM_DEBUG === '1' ? 'debug' : (named ?? 'info'),
    write: (text) => process.stderr.write(text),
    now: Date.now,
  });
  process.once('exit', log.flush);
  if (wanted !== '' && named === undefined) {
    log.warn('log.unknown_level', { XIQ_SIEM_LOG_LEVEL: wanted, expected: logLevels.join(', '), taken: 'info' });
  }
  return log;
}

function fitting(attributes: LogAttributes): LogAttributes {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, cut(value)]));
}

function cut(value: LogAttributes[string]): LogAttributes[string] {
  if (typeof value !== 'string' || value.length <= maxCharacters) return value;
  return `${value.slice(0, maxCharacters - 1).toWellFormed()}…`;
}

function readable(attributes: LogAttributes): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}=${escapeControls(/\s/.test(String(value)) ? JSON.stringify(value) : String(value))}`,
    )
    .join('');
}
