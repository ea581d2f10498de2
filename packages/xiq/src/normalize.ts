// Converts a stored body to events.
import { hash } from 'node:crypto';
import type { JsonObject, NormalizedEvent, Organization, StoredBody } from '@xiq-siem/core';
import { type Element, type Parent, parentsOf } from './body/divided-item.ts';
import { readBody } from './body/elements.ts';
import { isObject, maxElementValues } from './body/json-value.ts';
import { canonicalText, canonicalTextOf } from './canonical.ts';
import {
  type BaseDrafts,
  baseDraftsOf,
  completeOrganization,
  type DocumentSettings,
  originalHash,
  setOriginal,
} from './document/base-document.ts';
import type { DocumentDraft } from './document/document-draft.ts';
import { boundedText } from './document/extra.ts';
import { writeTime } from './document/write-time.ts';
import { countedIdentities, lengthPrefixed, type NextIdentity } from './identity.ts';
import { inferType } from './infer-type.ts';
import type { EventTime } from './mappings/event-time.ts';
import type { Mapped, Mapper } from './mappings/mapping.ts';
import type { Mappers } from './mappings/table.ts';
import { datasetOf, type Family, familyOf, noMessageType } from './message-types.ts';
import type { TimeContext, ZoneOffset } from './read/time.ts';
import type { RepeatedContent } from './repeated-content.ts';

interface NormalizeSettings extends DocumentSettings {
  readonly offset: ZoneOffset;
  readonly mappers: Mappers;
  /** `distinct`: the same elements in another webhook body are other events. */
  readonly repeats: 'same' | 'distinct';
  /** Default: repeated content is not counted. */
  readonly repeatedContent?: RepeatedContent;
}

/** Counts of one body, for the meters. */
export interface Tally {
  /** By dataset, including unreadable elements. */
  readonly events: Map<string, number>;
  /** By code. */
  readonly pipelineErrors: Map<string, number>;
  emptyBodies: number;
  /** Events with an id that came before in a different request. */
  repeatedContent: number;
}

export const newTally = (): Tally => ({
  events: new Map(),
  pipelineErrors: new Map(),
  emptyBodies: 0,
  repeatedContent: 0,
});

interface BodyContext {
  readonly settings: NormalizeSettings;
  readonly body: StoredBody;
  readonly draftFor: BaseDrafts;
  readonly organization: Organization;
  readonly nextIdentity: NextIdentity;
  readonly time: TimeContext;
}

/** An event with the data that back-fill and completeness need. */
export interface IdentifiedEvent extends NormalizedEvent {
  readonly family: Family;
  readonly messageType: string;
  /** From 1: the n-th event of its content. */
  readonly occurrence: number;
  /** The time at which ExtremeCloud IQ logged it, in epoch milliseconds. */
  readonly loggedAtMs: number | undefined;
}

const maxRawLength = 256;

/** Sets and returns `@timestamp`. It is the time of receipt if the sender gave no time, or none that is credible. */
function setTime(draft: DocumentDraft, { time, replaced }: Partial<EventTime>, receivedAtMs: number): number {
  if (replaced !== undefined) {
    const text = typeof replaced === 'string' ? replaced : JSON.stringify(replaced);
    draft.setField('extreme.xiq.timestamp_raw', boundedText(text, maxRawLength));
    draft.addToList('tags', 'time_suspect');
  }
  if (time === undefined) return receivedAtMs;
  draft.setField('@timestamp', writeTime(time.ms));
  return time.ms;
}

type ElementText = Pick<Element, 'index' | 'text' | 'originalBytes' | 'invalidBytes' | 'parent' | 'occurrence'>;

/** By a parent's object. A digest, because the parent may be large and have many observations. */
const parentDigests = new WeakMap<JsonObject, string>();

function parentDigest({ object, text, isLossy }: Parent): string {
  const digest =
    parentDigests.get(object) ?? hash('sha256', isLossy ? canonicalTextOf(text) : canonicalText(object), 'hex');
  parentDigests.set(object, digest);
  return digest;
}

/** What identifies an element. `value`: undefined if it could not be read, so that its text identifies it. */
function contentOf({ text, invalidBytes, parent }: ElementText, value: JsonObject | undefined, isLossy: boolean) {
  const own = value === undefined ? text : isLossy ? canonicalTextOf(text) : canonicalText(value);
  const content = [own, ...parentsOf({ parent }).map(parentDigest)];
  // Different invalid bytes have the same text.
  if (invalidBytes !== undefined) content.push(hash('sha256', invalidBytes, 'hex'));
  return content;
}

interface Started {
  readonly family: Family;
  readonly messageType: string;
  /** Undefined: unreadable. */
  readonly value?: JsonObject;
  readonly isLossy?: boolean;
}

/** The draft of an element's document, and a function that finishes the event. */
function startEvent(
  context: BodyContext,
  element: ElementText,
  { family, messageType, value, isLossy = false }: Started,
) {
  const draft = context.draftFor(family, messageType);
  draft.setField('event.hash', originalHash(element));
  const finish = (mapped: Partial<Mapped>): IdentifiedEvent => {
    const { key, organization, loggedAt } = mapped;
    completeOrganization(draft, context.organization, organization);
    const content = contentOf(element, value, isLossy);
    const { id, occurrence } = context.nextIdentity(family, content, element.occurrence);
    draft.setField('event.id', id);
    const timeMs = setTime(draft, mapped, context.body.metadata.receivedAtMs);
    setOriginal(draft, element);
    return {
      element: element.index,
      id,
      pairingKey: key && lengthPrefixed([family, ...key]),
      dataset: datasetOf(family),
      timeMs,
      document: draft.finish(),
      family,
      messageType,
      occurrence,
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
  const messageType = context.body.metadata.messageType ?? noMessageType;
  const { draft, finish } = startEvent(context, element, { family: 'unparsed', messageType });
  draft.setField('event.kind', 'pipeline_error');
  draft.setField('log.level', 'error');
  draft.setField('message', message);
  draft.setField('error.code', code);
  draft.setField('error.message', message);
  draft.setField('error.type', type);
  for (const { object, copyAllFields } of parentsOf(element)) {
    if (!copyAllFields) continue;
    for (const [key, value] of Object.entries(object)) draft.addExtra(key, value ?? null);
  }
  return finish({});
}

/** The objects that a mapping reads: the element, and its parents. A large parent is reduced to its mapped fields. */
function partsOf(value: JsonObject, element: Element, mapper: Mapper): readonly JsonObject[] {
  const parents = parentsOf(element);
  return [value, ...parents.map(({ object, copyAllFields }) => (copyAllFields ? object : mapper.known(object)))];
}

function elementEvent(context: BodyContext, element: Element, value: JsonObject): IdentifiedEvent {
  const { settings, body } = context;
  const { messageType } = body.metadata;
  const inferred = messageType === undefined ? inferType(value, element.parent) : undefined;
  const type = messageType ?? inferred ?? noMessageType;
  const family = familyOf(type);
  const mapper = settings.mappers[family];
  const { isLossy, hidden = [] } = element;
  const { draft, finish } = startEvent(context, element, { family, messageType: type, value, isLossy });
  if (inferred !== undefined) draft.addToList('tags', 'type-inferred');
  draft.setField('log.level', 'info');
  const mapped = mapper.map(partsOf(value, element, mapper), context.time, draft);
  for (const [name, hiddenValue] of hidden) draft.addExtra(name, hiddenValue);
  // The text of different invalid bytes may be equal, so the key is not reliable.
  return finish(element.invalidBytes === undefined ? mapped : { ...mapped, key: undefined });
}

/** An internal error becomes a fault of its element, so that the other elements are processed. */
function mappedEvent(context: BodyContext, element: Element): IdentifiedEvent | Fault {
  if (!isObject(element.value)) {
    return { code: 'element_not_object', message: 'An element of the body is no JSON object.' };
  }
  if (element.hasTooManyValues) {
    const message = `An element of the body has more than ${maxElementValues} values: it is not mapped.`;
    return { code: 'element_too_many_values', message };
  }
  try {
    return elementEvent(context, element, element.value);
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).toWellFormed();
    return { code: 'mapping_failed', message: `The element could not be mapped: ${message}` };
  }
}

/** A fetched body is never sent again, and its cuts are arbitrary. */
const scopeOf = ({ repeats }: NormalizeSettings, { metadata, bytes }: StoredBody): string =>
  repeats === 'distinct' && metadata.origin !== 'rest' ? hash('sha256', bytes, 'hex') : '';

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
  nextIdentity: NextIdentity = countedIdentities(scopeOf(settings, body)),
): Generator<IdentifiedEvent> {
  const context: BodyContext = {
    settings,
    body,
    draftFor: baseDraftsOf(settings, body, ingestedAtMs),
    organization: settings.organization(),
    nextIdentity,
    time: { offset: settings.offset, receivedAtMs: body.metadata.receivedAtMs },
  };
  const isRepeated = settings.repeatedContent?.(body);
  const counted = (event: IdentifiedEvent): IdentifiedEvent => {
    increment(tally.events, event.dataset);
    if (isRepeated?.(event.id) === true) tally.repeatedContent++;
    return event;
  };
  const unreadable = (element: ElementText, fault: Fault, type: string): IdentifiedEvent => {
    increment(tally.pipelineErrors, fault.code);
    return counted(faultEvent(context, element, fault, type));
  };
  const read = readBody(body);
  if (read.fault !== undefined) {
    const { fault, text, originalBytes, invalidBytes } = read;
    yield unreadable({ index: 0, text, originalBytes, invalidBytes }, fault, 'UnreadableBody');
    return;
  }
  if (read.count === 0) tally.emptyBodies++;
  for (const element of read.elements) {
    const event = mappedEvent(context, element);
    yield 'code' in event ? unreadable(element, event, 'UnreadableElement') : counted(event);
  }
}
