// What the events of ExtremeCloud IQ's logs and of kept bodies are, by the one normalization that there is.
import type { EcsDocument, OperatorMapping, StoredBody } from '@xiq-siem/core';
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

/** An event in a few words. */
export interface EventFacts {
  /** `event.id`. */
  readonly id: string;
  /** When ExtremeCloud IQ logged it, in epoch milliseconds; undefined where that could not be read. */
  readonly timeMs: number | undefined;
  /** Whom or which device it is about. */
  readonly user: string | undefined;
  /** `event.action`. */
  readonly action: string | undefined;
}

/** An event of a log. */
export interface LogEvent extends EventFacts {
  /** Its JSON, as it was sent. */
  readonly text: string;
  /** From 1: which of its key it is. */
  readonly occurrence: number;
  /**
   * Whether its natural key is whole. Where it is not, its id is made of its own text, and the same event by webhook
   * has another.
   */
  readonly isKeyed: boolean;
}

/** An event of a kept body. */
export interface BodyEvent extends EventFacts {
  readonly messageType: string;
  /** `event.dataset`. */
  readonly dataset: string;
  /** The number of the element in its body. */
  readonly element: number;
  readonly isKeyed: boolean;
}

export type LogReader = ReturnType<typeof createLogReader>;

export interface LogReaderOptions {
  /** The source's, for times that say none: `UTC` where it is not said. */
  readonly timeZone?: string;
  readonly mapping?: OperatorMapping<OperatorRules> | undefined;
}

const userOf = ({ user, client }: EcsDocument): string | undefined =>
  user?.name ?? user?.target?.name ?? user?.id ?? client?.mac;

const attributesOf = ({ id, loggedAtMs, document }: IdentifiedEvent): EventFacts => ({
  id,
  timeMs: loggedAtMs,
  user: userOf(document),
  action: document.event?.action,
});

/**
 * ExtremeCloud IQ's own id of a log event, of a JSON object's text: a number's digits as they were sent, never rounded.
 * Undefined where there is none. It tells one event that is on two pages from two events.
 */
export function vendorId(text: string): string | undefined {
  const span = memberSpan(text, 'id');
  if (span === undefined) return undefined;
  const id = text.slice(span.start, span.end).replace(/^"(.*)"$/s, '$1');
  return id === 'null' || id === '' ? undefined : id;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** By the vendor's ids, so that two fetches of the same events number equal ones alike, whatever the pages were. */
function inStableOrder(texts: readonly string[]): readonly string[] {
  return texts
    .map((text) => ({ text, id: vendorId(text) ?? '' }))
    .sort((a, b) => a.id.length - b.id.length || compare(a.id, b.id) || compare(a.text, b.text))
    .map(({ text }) => text);
}

const byTime = (a: EventFacts, b: EventFacts): number => {
  const [left, right] = [a.timeMs ?? Number.POSITIVE_INFINITY, b.timeMs ?? Number.POSITIVE_INFINITY];
  return left === right ? 0 : left - right;
};

export function createLogReader({ timeZone = 'UTC', mapping }: LogReaderOptions = {}) {
  const settings = {
    agent: { id: '', name: '', version: '' },
    namespace: 'default',
    labels: {},
    mappingVersion: '',
    offset: zoneOffset(timeZone),
    mappers: mapping === undefined ? mappers : mappersWith(additionsOf(mapping.rules)),
  };
  return {
    /**
     * The events of a span of a log, in the order of their times, those without one last. All events of a millisecond
     * must be given at once, since they are numbered together. `texts` are JSON objects.
     */
    eventsOf(type: LogType, texts: readonly string[]): readonly LogEvent[] {
      const metadata = { source: '', messageType: messageTypeOfLog[type], origin: 'rest', receivedAtMs: 0 } as const;
      const nextIdentity = countedIdentities();
      const events = inStableOrder(texts).flatMap((text) => {
        const body = { sequence: 0, receipt: '', metadata, bytes: Buffer.from(`[${text}]`) };
        return [...normalizeBody(settings, body, 0, newTally(), nextIdentity)].map((event): LogEvent => {
          const { occurrence, isKeyed } = event;
          return { ...attributesOf(event), text, occurrence, isKeyed };
        });
      });
      return events.sort(byTime);
    },
    /** The events of a kept body, lazily, without what could not be read. Never throws. */
    *eventsOfBody(body: StoredBody): Generator<BodyEvent> {
      for (const event of normalizeBody(settings, body, body.metadata.receivedAtMs, newTally())) {
        if (event.family === 'unparsed') continue;
        const { messageType, dataset, element, isKeyed } = event;
        yield { ...attributesOf(event), messageType, dataset, element, isKeyed };
      }
    },
  };
}
