// The connector's log: one line per event on standard error; text in a terminal, else JSON.
import { escapeControls, type LogAttributes, type Logger } from '@xiq-siem/core';
import { foldFaults, type MonotonicClock } from './fold-faults.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly json: boolean;
  /** The lowest level that is written. */
  readonly level: LogLevel;
  readonly write: (line: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** For tests: the clock that folds repeated faults. */
  readonly clock?: MonotonicClock;
}

/** For commands that print their errors themselves. */
export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface OwnLog extends Logger {
  /** Writes pending repetitions. */
  flush(): void;
}

/** Characters of one attribute; the rest is cut. */
const maxCharacters = 2_048;

/** Warnings and errors that repeat within a minute are folded: see `foldFaults`. */
export function createLogger({ json, level: lowest, write, now, clock }: LogOptions): OwnLog {
  function writeLine(level: LogLevel, event: string, attributes: LogAttributes): void {
    const time = new Date(now()).toISOString();
    const bounded = cutAttributes(attributes);
    // The same characters are escaped in JSON; a parser reads the same value.
    if (json) write(`${escapeControls(JSON.stringify({ time, level, event, ...bounded }))}\n`);
    else write(`${time} ${level.padEnd(5)} ${event}${attributeText(bounded)}\n`);
  }
  const faults = foldFaults({ write: ({ level, event, attributes }) => writeLine(level, event, attributes), clock });
  const writes = (level: LogLevel): boolean => logLevels.indexOf(level) >= logLevels.indexOf(lowest);
  const lineWriter =
    (level: 'debug' | 'info') =>
    (event: string, attributes: LogAttributes = {}): void => {
      if (writes(level)) writeLine(level, event, attributes);
    };
  const faultWriter =
    (level: 'warn' | 'error') =>
    (event: string, attributes: LogAttributes = {}): void => {
      if (writes(level)) faults.report({ level, event, attributes });
    };
  return {
    debug: lineWriter('debug'),
    info: lineWriter('info'),
    warn: faultWriter('warn'),
    error: faultWriter('error'),
    flush: faults.flush,
  };
}

/**
 * Writes to standard error from XIQ_SIEM_LOG_LEVEL up; XIQ_SIEM_DEBUG=1 means debug. A write error (EPIPE, full disk) is
 * ignored. Pending repetitions are written when the process exits.
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
    log.warn('log.unknown_level', { XIQ_SIEM_LOG_LEVEL: wanted, expected: logLevels.join(', '), used: 'info' });
  }
  return log;
}

function cutAttributes(attributes: LogAttributes): LogAttributes {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, cut(value)]));
}

function cut(value: LogAttributes[string]): LogAttributes[string] {
  if (typeof value !== 'string' || value.length <= maxCharacters) return value;
  return `${value.slice(0, maxCharacters - 1).toWellFormed()}…`;
}

function attributeText(attributes: LogAttributes): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}=${escapeControls(/\s/.test(String(value)) ? JSON.stringify(value) : String(value))}`,
    )
    .join('');
}
