// ExtremeCloud IQ's own id of a log event: what tells one event that stands on two pages from two events.
import { memberSpan } from '@xiq-siem/xiq';

/** Of a JSON object's text. A number's digits as they were sent, never rounded; undefined where there is none. */
export function vendorId(text: string): string | undefined {
  const span = memberSpan(text, 'id');
  if (span === undefined) return undefined;
  const id = text.slice(span.start, span.end).replace(/^"(.*)"$/s, '$1');
  return id === 'null' || id === '' ? undefined : id;
}
