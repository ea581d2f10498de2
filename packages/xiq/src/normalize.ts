// From a kept body to its events.

import type { JsonObject, KeptBody, NormalizedEvent } from '@xiq-siem/core';
import { type BodyFault, type BodyForm, type Element, isObject, type Parent, readBody } from './body/elements.ts';
import { DocumentDraft } from './document-draft.ts';
import { type FrameSettings, type Frames, framesOf } from './frame.ts';
import { countedIdentities, type NextIdentity, ownTextKey } from './identity.ts';
import { inferType } from './infer-type.ts';
import type { Mapper } from './mapping.ts';
import type { Mappers } from './mappings/table.ts';
import { datasetOf, type Family, familyOf, noMessageType } from './message-types.ts';
import { originalHash, setOriginal } from './original.ts';
import type { Moment, ZoneOffset } from './read/time.ts';
import { writeTime } from './read/write-time.ts';
import { count, type Tally } from './tally.ts';

export interface NormalizeSettings extends FrameSettings {
  readonly offset: ZoneOffset;
  readonly mappers: Mappers;
}

/** Clocks differ: this far ahead of its receipt an event's time is believed. */
const maxAheadMs = 10 * 60_000;
/** No ExtremeCloud IQ of this kind was there before. */
const firstCredibleMs = Date.UTC(2015, 0, 1);

interface BodyContext {
  readonly settings: NormalizeSettings;
  readonly body: KeptBody;
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

/** What a body's items are is said by where it came from. */
export const formOf = ({ metadata }: KeptBody): BodyForm => (metadata.origin === 'rest' ? 'fetched' : 'sent');

const bodyFaultType = 'UnreadableBody';
const elementFaultType = 'UnreadableElement';

/** The time that stands as `@timestamp`: the receipt's where the sender's is missing or not to be believed. */
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

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly type: string;
}

function faultEvent(
  context: BodyContext,
  element: Pick<Element, 'index' | 'text' | 'invalidBytes' | 'parent' | 'occurrence'>,
  fault: Fault,
): IdentifiedEvent {
  const { body, frames, nextIdentity } = context;
  const family: Family = 'unparsed';
  const messageType = body.metadata.messageType ?? noMessageType;
  const hash = originalHash(element);
  const draft = new DocumentDraft(frames(family, messageType, hash));
  const key = ownTextKey(hash, element.parent?.textHash);
  const { id, occurrence } = nextIdentity(family, key, element.occurrence);
  draft.set('event.kind', 'pipeline_error');
  draft.set('event.id', id);
  draft.set('log.level', 'error');
  draft.set('message', fault.message);
  draft.set('error.code', fault.code);
  draft.set('error.message', fault.message);
  draft.set('error.type', fault.type);
  setOriginal(draft, element);
  if (element.parent?.whole === true) {
    for (const [key, value] of Object.entries(element.parent.object)) draft.keep(key, value ?? null);
  }
  return {
    element: element.index,
    id,
    dataset: datasetOf(family),
    timeMs: body.metadata.receivedAtMs,
    document: draft.finish(),
    family,
    messageType,
    occurrence,
    isKeyed: false,
    loggedAtMs: undefined,
  };
}

/** The parts of an element that a mapping reads: of a parent too large to be copied, only what the mapping knows. */
function partsOf(value: JsonObject, parent: Parent | undefined, mapper: Mapper): readonly JsonObject[] {
  if (parent === undefined) return [value];
  return [value, parent.whole ? parent.object : mapper.known(parent.object)];
}

function elementEvent(context: BodyContext, element: Element, value: JsonObject): IdentifiedEvent {
  const { settings, body, frames, nextIdentity } = context;
  const { messageType, receivedAtMs } = body.metadata;
  const inferred = messageType === undefined ? inferType(value, element.parent?.object) : undefined;
  const type = messageType ?? inferred ?? noMessageType;
  const family = familyOf(type);
  const mapper = settings.mappers[family];
  const hash = originalHash(element);
  const draft = new DocumentDraft(frames(family, type, hash));
  if (inferred !== undefined) draft.add('tags', 'type-inferred');
  draft.set('log.level', 'info');
  const key = mapper.map(partsOf(value, element.parent, mapper), settings.offset, draft);
  // Two different runs of invalid bytes look the same in a text.
  const natural = element.invalidBytes === undefined ? key : undefined;
  const identifying = natural ?? ownTextKey(hash, element.parent?.textHash);
  const { id, occurrence } = nextIdentity(family, identifying, element.occurrence);
  draft.set('event.id', id);
  const timeMs = setTime(draft, draft.time, receivedAtMs);
  setOriginal(draft, element);
  return {
    element: element.index,
    id,
    dataset: datasetOf(family),
    timeMs,
    document: draft.finish(),
    family,
    messageType: type,
    occurrence,
    isKeyed: natural !== undefined,
    loggedAtMs: draft.loggedAt?.ms,
  };
}

function bodyFaultEvent(context: BodyContext, text: string, invalidBytes: Uint8Array | undefined, fault: BodyFault) {
  return faultEvent(context, { index: 0, text, invalidBytes, parent: undefined }, { ...fault, type: bodyFaultType });
}

const notAnObject: Fault = {
  code: 'element_not_object',
  message: 'An element of the body is no JSON object.',
  type: elementFaultType,
};

/** A fault of ours must not hold up what is behind the element: it becomes one of the element's. */
function mappedEvent(context: BodyContext, element: Element, value: JsonObject): IdentifiedEvent | Fault {
  try {
    return elementEvent(context, element, value);
  } catch (error) {
    const words = (error instanceof Error ? error.message : String(error)).toWellFormed();
    return { code: 'mapping_failed', message: `The element could not be mapped: ${words}`, type: elementFaultType };
  }
}

/**
 * The events of a body, in order, lazily. `nextIdentity` is shared by bodies whose elements count as one list. Never
 * throws.
 */
export function* normalizeBody(
  settings: NormalizeSettings,
  body: KeptBody,
  ingestedAtMs: number,
  tally: Tally,
  nextIdentity: NextIdentity = countedIdentities(),
): Generator<IdentifiedEvent> {
  const frames = framesOf(settings, body, ingestedAtMs);
  const context: BodyContext = { settings, body, frames, nextIdentity };
  const read = readBody(body.bytes, formOf(body));
  const counted = (event: IdentifiedEvent, fault?: string): IdentifiedEvent => {
    count(tally.events, event.dataset);
    if (fault !== undefined) count(tally.pipelineErrors, fault);
    return event;
  };
  if (read.fault !== undefined) {
    yield counted(bodyFaultEvent(context, read.text, read.invalidBytes, read.fault), read.fault.code);
    return;
  }
  if (read.count === 0) tally.emptyBodies++;
  for (const element of read.elements) {
    const event = isObject(element.value) ? mappedEvent(context, element, element.value) : notAnObject;
    yield 'code' in event ? counted(faultEvent(context, element, event), event.code) : counted(event);
  }
}
