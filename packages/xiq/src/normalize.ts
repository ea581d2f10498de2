// From a kept body to its events.
import type { JsonObject, NormalizedEvent, StoredBody } from '@xiq-siem/core';
import { type Element, isObject, type Parent, readBody } from './body/elements.ts';
import { DocumentDraft } from './document/document-draft.ts';
import { type FrameSettings, type Frames, framesOf, originalHash, setOriginal } from './document/frame.ts';
import { writeTime } from './document/write-time.ts';
import { countedIdentities, type NextIdentity, ownTextKey } from './identity.ts';
import { inferType } from './infer-type.ts';
import type { Mapped, Mapper } from './mappings/mapping.ts';
import type { Mappers } from './mappings/table.ts';
import { datasetOf, type Family, familyOf, noMessageType } from './message-types.ts';
import type { Moment, ZoneOffset } from './read/time.ts';

interface NormalizeSettings extends FrameSettings {
  readonly offset: ZoneOffset;
  readonly mappers: Mappers;
}

/** What was met in a body, for the meters: counted once a body rather than once an event. */
export interface Tally {
  /** By dataset; those that could not be read are events too. */
  readonly events: Map<string, number>;
  /** By code. */
  readonly pipelineErrors: Map<string, number>;
  emptyBodies: number;
}

export const newTally = (): Tally => ({ events: new Map(), pipelineErrors: new Map(), emptyBodies: 0 });

/** Clocks differ: this far ahead of its receipt an event's time is believed. */
const maxAheadMs = 10 * 60_000;
/** No ExtremeCloud IQ of this kind was there before. */
const firstCredibleMs = Date.UTC(2015, 0, 1);

interface BodyContext {
  readonly settings: NormalizeSettings;
  readonly body: StoredBody;
  readonly frames: Frames;
  readonly nextIdentity: NextIdentity;
}

/** An event with what the REST side needs to know of it. */
export interface IdentifiedEvent extends NormalizedEvent {
  readonly family: Family;
  readonly messageType: string;
  /** From 1: which of its key the event is. */
  readonly occurrence: number;
  /** Whether its natural key is whole, so that it has the same id in every form; else its own text is its key. */
  readonly isKeyed: boolean;
  /** When ExtremeCloud IQ logged it, in epoch milliseconds. */
  readonly loggedAtMs: number | undefined;
}

/** Gives the time that becomes `@timestamp`: the receipt's where the sender's is missing or not to be believed. */
function setTime(draft: DocumentDraft, time: Moment | undefined, receivedAtMs: number): number {
  if (time === undefined) return receivedAtMs;
  if (time.ms < firstCredibleMs || time.ms > receivedAtMs + maxAheadMs) {
    draft.set('extreme.xiq.timestamp_raw', time.text);
    draft.add('tags', 'time_suspect');
    return receivedAtMs;
  }
  draft.set('@timestamp', writeTime(time.ms));
  return time.ms;
}

type ElementText = Pick<Element, 'index' | 'text' | 'invalidBytes' | 'parent' | 'occurrence'>;

/** The draft of an element's document, and what makes it an event. */
function startEvent(context: BodyContext, element: ElementText, family: Family, messageType: string) {
  const hash = originalHash(element);
  const draft = new DocumentDraft(context.frames(family, messageType, hash));
  const finish = ({ key, time, loggedAt }: Partial<Mapped>): IdentifiedEvent => {
    const identifying = key ?? ownTextKey(hash, element.parent?.textHash);
    const { id, occurrence } = context.nextIdentity(family, identifying, element.occurrence);
    draft.set('event.id', id);
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
  draft.set('event.kind', 'pipeline_error');
  draft.set('log.level', 'error');
  draft.set('message', message);
  draft.set('error.code', code);
  draft.set('error.message', message);
  draft.set('error.type', type);
  if (element.parent?.whole === true) {
    for (const [key, value] of Object.entries(element.parent.object)) draft.keep(key, value ?? null);
  }
  return finish({});
}

/** The parts of an element that a mapping reads: of a parent too large to be copied, only what the mapping knows. */
function partsOf(value: JsonObject, parent: Parent | undefined, mapper: Mapper): readonly JsonObject[] {
  if (parent === undefined) return [value];
  return [value, parent.whole ? parent.object : mapper.known(parent.object)];
}

function elementEvent(context: BodyContext, element: Element, value: JsonObject): IdentifiedEvent {
  const { settings, body } = context;
  const { messageType } = body.metadata;
  const inferred = messageType === undefined ? inferType(value, element.parent?.object) : undefined;
  const type = messageType ?? inferred ?? noMessageType;
  const family = familyOf(type);
  const mapper = settings.mappers[family];
  const { draft, finish } = startEvent(context, element, family, type);
  if (inferred !== undefined) draft.add('tags', 'type-inferred');
  draft.set('log.level', 'info');
  const mapped = mapper.map(partsOf(value, element.parent, mapper), settings.offset, draft);
  // Two different runs of invalid bytes look the same in a text.
  return finish(element.invalidBytes === undefined ? mapped : { ...mapped, key: undefined });
}

/** A fault of ours must not block the elements after it: it becomes one of the element's. */
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
 * The events of a body, in order, lazily. `nextIdentity` is shared by bodies whose elements count as one list. Never
 * throws.
 */
export function* normalizeBody(
  settings: NormalizeSettings,
  body: StoredBody,
  ingestedAtMs: number,
  tally: Tally,
  nextIdentity: NextIdentity = countedIdentities(),
): Generator<IdentifiedEvent> {
  const context: BodyContext = { settings, body, frames: framesOf(settings, body, ingestedAtMs), nextIdentity };
  const counted = (event: IdentifiedEvent): IdentifiedEvent => {
    increment(tally.events, event.dataset);
    return event;
  };
  const faulty = (element: ElementText, fault: Fault, type: string): IdentifiedEvent => {
    increment(tally.pipelineErrors, fault.code);
    return counted(faultEvent(context, element, fault, type));
  };
  const read = readBody(body);
  if (read.fault !== undefined) {
    const { fault, text, invalidBytes } = read;
    yield faulty({ index: 0, text, invalidBytes }, fault, 'UnreadableBody');
    return;
  }
  if (read.count === 0) tally.emptyBodies++;
  for (const element of read.elements) {
    const event = mappedEvent(context, element);
    yield 'code' in event ? faulty(element, event, 'UnreadableElement') : counted(event);
  }
}
