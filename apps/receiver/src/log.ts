// Our own log: one line a fact, on standard error; readable in a terminal, JSON everywhere else.
import type { Facts, Logger } from '@xiq-siem/core';

type Level = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  readonly json: boolean;
  readonly debug: boolean;
  readonly write: (line: string) => void;
  readonly now: () => number;
}

export function createLogger({ json, debug, write, now }: LogOptions): Logger {
  const line = (level: Level, event: string, facts: Facts = {}): void => {
    if (level === 'debug' && !debug) return;
    const time = new Date(now()).toISOString();
    if (json) write(`${JSON.stringify({ time, level, event, ...facts })}\n`);
    else write(`${time} ${level.padEnd(5)} ${event}${readable(facts)}\n`);
  };
  return {
    debug: (event, facts) => line('debug', event, facts),
    info: (event, facts) => line('info', event, facts),
    warn: (event, facts) => line('warn', event, facts),
    error: (event, facts) => line('error', event, facts),
  };
}

/** To standard error; a reader that has gone away (EPIPE) or a full log disk stops nobody. */
export function standardErrorLogger(): Logger {
  process.stderr.on('error', () => {});
  return createLogger({
    json: !process.stderr.isTTY,
    debug: process.env['XIQ_SIEM_DEBUG'] === '1',
    write: (text) => process.stderr.write(text),
    now: Date.now,
  });
}

function readable(facts: Facts): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}=${escapeControls(/\s/.test(String(value)) ? JSON.stringify(value) : String(value))}`,
    )
    .join('');
}

/** Control characters, C1 and bidirectional marks as escapes: what comes from outside must not steer a terminal. */
export function escapeControls(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
