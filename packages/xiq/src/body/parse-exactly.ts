// JSON whose numbers are kept as their source text where a double cannot carry them: an id beyond 2^53, 1e400, -0.
import type { JsonValue } from '@xiq-siem/core';
import { carriesExactly } from './scan.ts';

/** Slow: for the texts that a scan found such a number in. The text is valid JSON. */
export function parseExactly(text: string): JsonValue {
  return JSON.parse(text, (_key: string, value: JsonValue, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && !carriesExactly(context.source)
      ? context.source
      : value,
  );
}
