// A logger and a meter that record all calls, for tests.
import type { LogAttributes, Logger, Meter } from '@xiq-siem/core';

export interface LogLine {
  readonly level: keyof Logger;
  readonly event: string;
  readonly attributes: LogAttributes;
}

export interface RecordingLogger extends Logger {
  readonly lines: readonly LogLine[];
  /** The lines of one event, in order. */
  of(event: string): readonly LogLine[];
}

export function createRecordingLogger(): RecordingLogger {
  const lines: LogLine[] = [];
  const at =
    (level: keyof Logger) =>
    (event: string, attributes: LogAttributes = {}) => {
      lines.push({ level, event, attributes });
    };
  return {
    lines,
    of: (event) => lines.filter((line) => line.event === event),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}

export interface MeterAddition {
  readonly name: string;
  readonly value: number;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface RecordingMeter extends Meter {
  /** Every addition, in order. */
  readonly additions: readonly MeterAddition[];
  /** Sum of all additions to a counter with these attributes, among others. */
  total(name: string, attributes?: Readonly<Record<string, string>>): number;
}

export function createRecordingMeter(): RecordingMeter {
  const additions: MeterAddition[] = [];
  return {
    additions,
    add(name, value, attributes = {}) {
      additions.push({ name, value, attributes: { ...attributes } });
    },
    total(name, wanted = {}) {
      const matches = additions.filter(
        (addition) =>
          addition.name === name && Object.entries(wanted).every(([key, value]) => addition.attributes[key] === value),
      );
      return matches.reduce((sum, { value }) => sum + value, 0);
    },
  };
}
