// Normalizes entries of logs and of stored bodies in the same way, so that both have the same pairing keys.
import type { EcsDocument, OperatorMapping, Organization, StoredBody } from '@xiq-siem/core';
import {
  additionsOf,
  countedIdentities,
  type IdentifiedEvent,
  mappers,
  mappersWith,
  memberSpan,
  newTally,
  normalizeBody,
  type OperatorRules,
  zoneOffset,
} from '@xiq-siem/xiq';
import { type LogType, messageTypeOfLog } from './log-pages.ts';

export interface EventSummary {
  /** `event.id`. */
  readonly id: string;
  /** When ExtremeCloud IQ logged it, in epoch milliseconds. Undefined: the time is not readable. */
  readonly timeMs: number | undefined;
  /** The user or the device. */
  readonly user: string | undefined;
  /** `event.action`. */
  readonly action: string | undefined;
  /** See `NormalizedEvent`. */
  readonly pairingKey?: string | undefined;
}

export interface LogEvent extends EventSummary {
  /** The JSON, as it was sent. */
  readonly text: string;
  /** Number of the event among those with the same content, from 1. */
  readonly occurrence: number;
}

export interface BodyEvent extends EventSummary {
  readonly messageType: string;
  /** `event.dataset`. */
  readonly dataset: string;
  /** Index of the element in its body. */
  readonly element: number;
  readonly document: EcsDocument;
}

export type LogReader = ReturnType<typeof createLogReader>;

export interface LogReaderOptions {
  /** Time zone of the source, for times without one. Default: `UTC`. */
  readonly timeZone?: string;
  /** As the source, because ids depend on it. Default: `same`. */
  readonly repeats?: 'same' | 'distinct';
  /** As the source: `where` of a destination may name these fields. */
  readonly source?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly organization?: Organization;
  readonly mapping?: OperatorMapping<OperatorRules> | undefined;
}

const userOf = ({ user, client }: EcsDocument): string | undefined =>
  user?.name ?? user?.target?.name ?? user?.id ?? client?.mac;

const summaryOf = ({ id, pairingKey, loggedAtMs, document }: IdentifiedEvent): EventSummary => ({
  id,
  pairingKey,
  timeMs: loggedAtMs,
  user: userOf(document),
  action: document.event?.action,
});

/**
 * The vendor's id of a log event (`text`: a JSON object); a number as its digits, never rounded. It tells an event that is
 * on two pages from two events.
 */
export function vendorId(text: string): string | undefined {
  const span = memberSpan(text, 'id');
  if (span === undefined) return undefined;
  const id = text.slice(span.start, span.end).replace(/^"(.*)"$/s, '$1');
  return id === 'null' || id === '' ? undefined : id;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sorts by the vendor's ids, so that two fetches of the same events number equal ones in the same way. */
function inStableOrder(texts: readonly string[]): readonly string[] {
  return texts
    .map((text) => ({ text, id: vendorId(text) ?? '' }))
    .sort((a, b) => a.id.length - b.id.length || compare(a.id, b.id) || compare(a.text, b.text))
    .map(({ text }) => text);
}

const byTime = (a: EventSummary, b: EventSummary): number => {
  const [left, right] = [a.timeMs ?? Number.POSITIVE_INFINITY, b.timeMs ?? Number.POSITIVE_INFINITY];
  return left === right ? 0 : left - right;
};

export function createLogReader({
  timeZone = 'UTC',
  repeats = 'same',
  source = '',
  namespace = 'default',
  labels = {},
  organization = {},
  mapping,
}: LogReaderOptions = {}) {
  const settings = {
    agent: { id: '', name: '', version: '' },
    namespace,
    labels,
    source,
    organization: () => organization,
    repeats,
    mappingVersion: '',
    offset: zoneOffset(timeZone),
    mappers: mapping === undefined ? mappers : mappersWith(additionsOf(mapping.rules)),
  };
  return {
    /**
     * The events of a span, sorted by time, events without a time last. Pass all events of a millisecond in one call:
     * they are numbered together. `texts`: JSON objects.
     */
    eventsOf(type: LogType, texts: readonly string[]): readonly LogEvent[] {
      const metadata = { source: '', messageType: messageTypeOfLog[type], origin: 'rest', receivedAtMs: 0 } as const;
      const nextIdentity = countedIdentities();
      const events = inStableOrder(texts).flatMap((text) => {
        const body = { sequence: 0, receipt: '', metadata, bytes: Buffer.from(`[${text}]`) };
        return [...normalizeBody(settings, body, 0, newTally(), nextIdentity)].map((event): LogEvent => {
          return { ...summaryOf(event), text, occurrence: event.occurrence };
        });
      });
      return events.sort(byTime);
    },
    /** The events of a stored body, lazily, without unparsable elements. Never throws. */
    *eventsOfBody(body: StoredBody): Generator<BodyEvent> {
      for (const event of normalizeBody(settings, body, body.metadata.receivedAtMs, newTally())) {
        if (event.family === 'unparsed') continue;
        const { messageType, dataset, element, document } = event;
        yield { ...summaryOf(event), messageType, dataset, element, document };
      }
    },
  };
}
