// Faults of the configuration: file, line, field and message.
import type { z } from 'zod';

export type FieldPath = readonly PropertyKey[];

export interface ConfigFault {
  readonly file: string;
  /** From 1. A missing field has the line of its parent. Absent if the fault has no line. */
  readonly line?: number;
  readonly column?: number;
  /** `sources.xiq.secrets[0]`; empty for the whole file. */
  readonly field: string;
  readonly message: string;
}

export function fieldName(path: FieldPath): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

export function formatFault({ file, line, column, field, message }: ConfigFault): string {
  const location = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${location}: ${field === '' ? '' : `${field}: `}${message}`;
}

export interface Finding {
  readonly path: FieldPath;
  readonly message: string;
}

/** Keys of older versions, with what to use instead. */
const removedKeys: ReadonlyMap<string, string> = new Map([
  ['healthEvents.silentFactor', 'removed: use healthEvents.silentMinutes, the minutes after which a source is silent'],
  [
    'healthEvents.journalHours',
    'removed: alert in your SIEM on extreme.connector.journal.hours_until_full of the heartbeats',
  ],
]);

/** The issues of zod as findings below `prefix`, one for each unknown key. */
export function findings(issues: readonly z.core.$ZodIssue[], prefix: FieldPath = []): readonly Finding[] {
  return issues.flatMap((issue): readonly Finding[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: removedKeys.get(fieldName([...path, key])) ?? 'unknown key: check the spelling, or remove it',
      }));
    }
    if (issue.code === 'invalid_key') {
      return issue.issues.map(({ message }) => ({ path, message: `invalid name: expected ${message}` }));
    }
    return [{ path, message: issue.message }];
  });
}
