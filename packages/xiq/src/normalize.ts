// Converts a stored body to events.
import type { JsonObject, NormalizedEvent, StoredBody } from '@xiq-siem/core';
import { type Element, isObject, type Parent, readBody } from './body/elements.ts';
import {
  type BaseDocuments,
  baseDocumentsOf,
  type DocumentSettings,
  originalHash,
  setOriginal,
} from './document/base-document.ts';
import { DocumentDraft } from './document/document-draft.ts';
import { writeTime } from './document/write-time.ts';
import { countedIdentities, type NextIdentity, textKey } from './identity.ts';
import { inferType } from './infer-type.ts';
import type { Mapped, Mapper } from './mappings/mapping.ts';
import type { Mappers } from './mappings/table.ts';
import { datasetOf, type Family, familyOf, noMessageType } from './message-types.ts';
import type { Moment, TimeContext, ZoneOffset } from './read/time.ts';

interface NormalizeSettings extends DocumentSettings {
  readonly offset: ZoneOffset;
  readonly mappers: Mappers;
}

/** Counts of one body, for the meters. */
export interface Tally {
  /** By dataset, including unreadable elements. */
  readonly events: Map<string, number>;
  /** By code. */
  readonly pipelineErrors: Map<string, number>;
  emptyBodies: number;
}

export const newTally = (): Tally => ({ events: new Map(), pipelineErrors: new Map(), emptyBodies: 0 });

/** Clocks differ: an event's time may be this much later than its receipt. */
const maxAheadMs = 10 * 60_000;
/** An earlier time is not credible: the product did not exist. */
const firstCredibleMs = Date.UTC(2015, 0, 1);

interface BodyContext {
  readonly settings: NormalizeSettings;
  readonly body: StoredBody;
  readonly baseDocument: BaseDocuments;
  readonly nextIdentity: NextIdentity;
  readonly time: TimeContext;
}

/** An event with the data that back-fill and completeness need. */
export interface IdentifiedEvent extends NormalizedEvent {
  readonly family: Family;
  readonly messageType: string;
  /** From 1: the n-th event with its key. */
  readonly occurrence: number;
  /** Whether its natural key is complete, so that it has the same id in every form. Else its text is its key. */
  readonly isKeyed: boolean;
  /** The time at which ExtremeCloud IQ logged it, in epoch milliseconds. */
  readonly loggedAtMs: number | undefined;
}

/** Sets and returns `@timestamp`. It is the time of receipt if the sender's time is missing or not credible. */
function setTime(draft: DocumentDraft, time: Moment | undefined, receivedAtMs: number): number {
  if (time === undefined) return receivedAtMs;
  if (time.ms < firstCredibleMs || time.ms > receivedAtMs + maxAheadMs) {
    draft.setField('extreme.xiq.timestamp_raw', typeof time.sent === 'string' ? time.sent : JSON.stringify(time.sent));
    draft.addToList('tags', 'time_suspect');
    return receivedAtMs;
  }
  draft.setField('@timestamp', writeTime(time.ms));
  return time.ms;
}

type ElementText = Pick<Element, 'index' | 'text' | 'invalidBytes' | 'parent' | 'occurrence'>;

/** The draft of an element's document, and a function that finishes the event. */
function startEvent(context: BodyContext, element: ElementText, family: Family, messageType: string) {
  const hash = originalHash(element);
  const draft = new DocumentDraft(context.baseDocument(family, messageType, hash));
  const finish = ({ key, time, loggedAt }: Partial<Mapped>): IdentifiedEvent => {
    const identifying = key ?? textKey(hash, element.parent?.textHash);
    const { id, occurrence } = context.nextIdentity(family, identifying, element.occurrence);
    draft.setField('event.id', id);
    const timeMs = setTime(draft, time, context.body.metadata.receivedAtMs);
    setOriginal(draft, element);
    return {
      element: element.index,
      id,
      dataset: datasetOf(family),
      timeMs,
      document: draft.finish(),
      family,
      messageType,
      occurrence,
      isKeyed: key !== undefined,
      loggedAtMs: loggedAt?.ms,
    };
  };
  return { draft, finish };
}

interface Fault {
  readonly code: string;
  readonly message: string;
}

function faultEvent(context: BodyContext, element: ElementText, { code, message }: Fault, type: string) {
  const { draft, finish } = startEvent(
    context,
    element,
    'unparsed',
    context.body.metadata.messageType ?? noMessageType,
  );
  draft.setField('event.kind', 'pipeline_error');
  draft.setField('log.level', 'error');
  draft.setField('message', message);
  draft.setField('error.code', code);
  draft.setField('error.message', message);
  draft.setField('error.type', type);
  if (element.parent?.copyAllFields === true) {
    for (const [key, value] of Object.entries(element.parent.object)) draft.addExtra(key, value ?? null);
  }
  return finish({});
}

/** The objects that a mapping reads: the element, and its parent. A large parent is reduced to its mapped fields. */
function partsOf(value: JsonObject, parent: Parent | undefined, mapper: Mapper): readonly JsonObject[] {
  if (parent === undefined) return [value];
  return [value, parent.copyAllFields ? parent.object : mapper.known(parent.object)];
}

function elementEvent(context: BodyContext, element: Element, value: JsonObject): IdentifiedEvent {
  const { settings, body } = context;
  const { messageType } = body.metadata;
  const inferred = messageType === undefined ? inferType(value, element.parent?.object) : undefined;
  const type = messageType ?? inferred ?? noMessageType;
  const family = familyOf(type);
  const mapper = settings.mappers[family];
  const { draft, finish } = startEvent(context, element, family, type);
  if (inferred !== undefined) draft.addToList('tags', 'type-inferred');
  draft.setField('log.level', 'info');
  const mapped = mapper.map(partsOf(value, element.parent, mapper), context.time, draft);
  // The text of different invalid bytes may be equal, so the key is not reliable.
  return finish(element.invalidBytes === undefined ? mapped : { ...mapped, key: undefined });
}

/** An internal error becomes a fault of its element, so that the other elements are processed. */
function mappedEvent(context: BodyContext, element: Element): IdentifiedEvent | Fault {
  if (!isObject(element.value)) {
    return { code: 'element_not_object', message: 'An element of the body is no JSON object.' };
  }
  try {
    return elementEvent(context, element, element.value);
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).toWellFormed();
    return { code: 'mapping_failed', message: `The element could not be mapped: ${message}` };
  }
}

function increment(counter: Map<string, number>, key: string): void {
  counter.set(key, (counter.get(key) ?? 0) + 1);
}

/**
 * The events of a body in order, lazily. Bodies whose elements count as one list share `nextIdentity`. Never throws.
 */
export function* normalizeBody(
  settings: NormalizeSettings,
  body: StoredBody,
  ingestedAtMs: number,
  tally: Tally,
  nextIdentity: NextIdentity = countedIdentities(),
): Generator<IdentifiedEvent> {
  const context: BodyContext = {
    settings,
    body,
    baseDocument: baseDocumentsOf(settings, body, ingestedAtMs),
    nextIdentity,
    time: { offset: settings.offset, receivedAtMs: body.metadata.receivedAtMs },
  };
  const counted = (event: IdentifiedEvent): IdentifiedEvent => {
    increment(tally.events, event.dataset);
    return event;
  };
  const unreadable = (element: ElementText, fault: Fault, type: string): IdentifiedEvent => {
    increment(tally.pipelineErrors, fault.code);
    return counted(faultEvent(context, element, fault, type));
  };
  const read = readBody(body);
  if (read.fault !== undefined) {
    const { fault, text, invalidBytes } = read;
    yield unreadable({ index: 0, text, invalidBytes }, fault, 'UnreadableBody');
    return;
  }
  if (read.count === 0) tally.emptyBodies++;
  for (const element of read.elements) {
    const event = mappedEvent(context, element);
    yield 'code' in event ? unreadable(element, event, 'UnreadableElement') : counted(event);
  }
}
