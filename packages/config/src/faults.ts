// A fault of the configuration: where it is, what is wrong and what was expected.
import type { z } from 'zod';

export type FieldPath = readonly PropertyKey[];

export interface ConfigFault {
  readonly file: string;
  /** From 1; absent where the fault has no place in the file (a field that is missing altogether has its parent's). */
  readonly line?: number;
  readonly column?: number;
  /** `sources.xiq.secrets[0]`; empty for the file as a whole. */
  readonly field: string;
  readonly message: string;
}

export function fieldName(path: FieldPath): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

export function formatFault({ file, line, column, field, message }: ConfigFault): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}: ${field === '' ? '' : `${field}: `}${message}`;
}

export interface Finding {
  readonly path: FieldPath;
  readonly message: string;
}

/** Keys of older versions, and what to write instead. */
const removedKeys: ReadonlyMap<string, string> = new Map([
  [
    'healthEvents.silentFactor',
    'removed: write healthEvents.silentMinutes, the minutes after which a source is silent',
  ],
  [
    'healthEvents.journalHours',
    'removed: let your SIEM alert on extreme.connector.journal.hours_until_full of the heartbeats',
  ],
]);

/** zod's issues as findings below `prefix`: one for each unknown key, and the likeliest branch of a union. */
export function findings(issues: readonly z.core.$ZodIssue[], prefix: FieldPath = []): readonly Finding[] {
  return issues.flatMap((issue): readonly Finding[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: removedKeys.get(fieldName([...path, key])) ?? 'unknown key: mind the spelling, or remove it',
      }));
    }
    if (issue.code === 'invalid_key') {
      return issue.issues.map(({ message }) => ({ path, message: `not a valid name: expected ${message}` }));
    }
    return [{ path, message: issue.message }];
  });
}
