// Parses the body of a HEC request: consecutive objects, each indexed, rejected or lost.

/** One event as the fake indexed it. */
export interface HecEvent {
  readonly time?: number;
  readonly host?: unknown;
  readonly source?: unknown;
  readonly sourcetype?: unknown;
  readonly index?: unknown;
  readonly event: unknown;
  readonly fields?: unknown;
}

export interface HecReading {
  /** Indexed events. They stay indexed if a later one is rejected. */
  readonly events: readonly HecEvent[];
  /** `number`: `invalid-event-number` of the response. */
  readonly refusal?: { readonly code: number; readonly number?: number };
}

const envelopeKeys = new Set(['time', 'host', 'source', 'sourcetype', 'index', 'event', 'fields']);

export interface HecRules {
  /** Allowed indexes; undefined: all. */
  readonly indexes: readonly string[] | undefined;
  /** Returns the code that rejects an otherwise valid event; undefined accepts it. */
  readonly refuse: (event: HecEvent) => number | undefined;
}

export function readHecBody(text: string, { indexes, refuse }: HecRules): HecReading {
  const events: HecEvent[] = [];
  let at = skipSpace(text, 0);
  if (at === text.length) return { events, refusal: { code: 5 } };
  for (let number = 0; at < text.length; number++) {
    const end = endOfObject(text, at);
    const envelope = end === undefined ? undefined : parseObject(text.slice(at, end));
    if (end === undefined || envelope === undefined) return { events, refusal: { code: 6, number } };
    // As real servers do: the response is 200, but this object and all later ones are lost.
    if (Object.keys(envelope).some((key) => !envelopeKeys.has(key))) return { events };
    const { event, fields, index, time } = envelope;
    if (event === undefined || event === null) return { events, refusal: { code: 12, number } };
    if (typeof event === 'string' && event.trim() === '') return { events, refusal: { code: 13, number } };
    if (fields !== undefined && !isFlat(fields)) return { events, refusal: { code: 15, number } };
    const seconds = time === undefined ? undefined : Number(time);
    if (Number.isNaN(seconds)) return { events, refusal: { code: 6, number } };
    if (indexes !== undefined && index !== undefined && !indexes.some((allowed) => allowed === index)) {
      // As real servers do: the number is one too high, for this code only.
      return { events, refusal: { code: 7, number: number + 1 } };
    }
    const { host, source, sourcetype } = envelope;
    const given = { host, source, sourcetype, index, fields, event };
    const read: HecEvent = seconds === undefined ? given : { ...given, time: seconds };
    const code = refuse(read);
    if (code !== undefined) return { events, refusal: { code, number } };
    events.push(read);
    at = skipSpace(text, end);
  }
  return { events };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++;
  return at;
}

/** Offset after the object that starts at `from`; undefined if there is none, or it has no end. */
function endOfObject(text: string, from: number): number | undefined {
  if (text[from] !== '{') return undefined;
  let depth = 0;
  let isInString = false;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (isInString) {
      if (character === '\\') at++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at + 1;
  }
  return undefined;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFlat(fields: unknown): boolean {
  if (!isObject(fields)) return false;
  const isPlain = (value: unknown) => typeof value !== 'object' || value === null;
  return Object.values(fields).every((value) => (Array.isArray(value) ? value.every(isPlain) : isPlain(value)));
}
