// Converts events to OpenTelemetry log records, with their resource and scope.
import type { Batch, BatchItem, FieldDefinition, FieldType } from '@xiq-siem/core';
import { attributeNames } from './attribute-names.ts';
import type { OtelLogsConfig } from './config.ts';
import { createEventNames } from './event-name.ts';
import type { AnyValue, KeyValue, LogRecord, Origin, SentRecord } from './otlp-encoding.ts';

export interface Entry extends SentRecord {
  readonly item: BatchItem;
}

type RecordOptions = Pick<
  OtelLogsConfig,
  'body' | 'eventActions' | 'includeOriginal' | 'resourceAttributes' | 'serviceName'
>;

// By syslog severity name, with the numbers of OpenTelemetry. It treats numbers from 17 as errors: a rejected RADIUS login
// is a warning.
const severities: ReadonlyMap<string, number> = new Map([
  ['debug', 5],
  ['info', 9],
  ['notice', 10],
  ['warning', 13],
  ['error', 17],
  ['critical', 18],
  ['alert', 19],
  ['emergency', 21],
]);

/** Fields whose text has its own place in a record: it is not an attribute too. */
const placed = [
  '@timestamp',
  'agent.id',
  'agent.type',
  'agent.version',
  'event.created',
  'event.id',
  'event.original',
  'extreme.xiq.owner_id',
  'log.level',
  'message',
] as const;

/** The resource has them too. */
const copied = ['cloud.account.id', 'cloud.account.name', 'event.kind', 'event.provider', 'organization.name'] as const;

type Texts = Partial<Record<(typeof placed)[number] | (typeof copied)[number], string>>;

/** Maps a whole batch: records of one origin share one object, because a request groups them by it. */
export function createRecordMapper(
  options: RecordOptions,
  definitions: readonly FieldDefinition[],
): (batch: Batch) => readonly Entry[] {
  const eventName = createEventNames(options.eventActions);
  const flatten = createFlatten(definitions);

  return ({ items }) => {
    const originOf = cachedOrigins();

    const entryOf = (item: BatchItem): Entry => {
      const { texts, attributes } = flatten(item.document);
      const level = texts['log.level'];
      const original = texts['event.original'];
      const created = Date.parse(texts['event.created'] ?? '');
      const connector = texts['agent.type'];
      const origin = originOf(connector, texts['agent.version'], {
        // Health events are about the connector itself.
        'service.name':
          connector !== undefined && connector === texts['event.provider'] ? connector : options.serviceName,
        'service.namespace': texts['organization.name'] ?? texts['cloud.account.name'] ?? texts['cloud.account.id'],
        'service.instance.id': texts['agent.id'],
        'extreme.xiq.owner_id': texts['extreme.xiq.owner_id'],
        ...options.resourceAttributes,
      });
      attributes.push(textAttribute(attributeNames['event.id'], item.id));
      // An event that could not be read has its content only there.
      const hasOriginal = options.includeOriginal || texts['event.kind'] === 'pipeline_error';
      if (hasOriginal && original !== undefined) {
        attributes.push(textAttribute(attributeNames['event.original'], original));
      }
      const severityNumber = severities.get(level?.toLowerCase() ?? '');
      const body = options.body === 'json' ? item.json : texts.message;
      const record: LogRecord = {
        timeUnixNano: nanoseconds(item.timeMs),
        observedTimeUnixNano: nanoseconds(Number.isNaN(created) ? item.timeMs : created),
        ...(severityNumber !== undefined && { severityNumber }),
        ...(level !== undefined && { severityText: level }),
        ...(body !== undefined && { body: { stringValue: body } }),
        eventName: eventName(item),
        attributes,
      };
      return { item, origin, record };
    };
    return items.map(entryOf);
  };
}

/** How a field is sent. */
interface Rule {
  /** Undefined: the name of the field. */
  readonly attribute?: string;
  readonly type?: FieldType;
  readonly place: 'record' | 'both' | 'attribute';
}

const undeclared: Rule = { place: 'attribute' };

/**
 * Returns the attributes of a document, and the texts that the record itself needs. The declared type of a field decides
 * the type of its attribute, so that every event has the same: a double without a fraction stays a double.
 */
function createFlatten(definitions: readonly FieldDefinition[]) {
  const rules = new Map<string, Rule>();
  const setRule = (name: string, rule: Partial<Rule>): void => {
    rules.set(name, { ...undeclared, ...rules.get(name), ...rule });
  };
  for (const { name, type } of definitions) {
    setRule(name, { type });
    if (type === 'geo_point') for (const part of ['lat', 'lon']) setRule(`${name}.${part}`, { type: 'double' });
  }
  for (const [name, attribute] of Object.entries(attributeNames)) setRule(name, { attribute });
  for (const name of placed) setRule(name, { place: 'record' });
  for (const name of copied) setRule(name, { place: 'both' });

  return (document: object): { readonly texts: Texts; readonly attributes: KeyValue[] } => {
    const texts: Record<string, string> = {};
    const attributes: KeyValue[] = [];
    const visit = (fields: object, prefix: string): void => {
      for (const [key, value] of Object.entries(fields)) {
        if (value === undefined || value === null) continue;
        const name = prefix + key;
        const { attribute = name, type, place } = rules.get(name) ?? undeclared;
        if (typeof value === 'object' && !Array.isArray(value) && type !== 'flattened') {
          visit(value, `${name}.`);
          continue;
        }
        if (typeof value === 'string' && place !== 'attribute') {
          texts[name] = value.toWellFormed();
          if (place === 'record') continue;
        }
        attributes.push({ key: attribute, value: anyValue(value, type) });
      }
    };
    visit(document, '');
    return { texts, attributes };
  };
}

/** Flattened fields, and lists of objects, become one JSON text. */
function anyValue(value: unknown, type: FieldType | undefined): AnyValue {
  if (typeof value === 'number') return numberValue(value, type);
  if (typeof value === 'boolean') return { boolValue: value };
  // Protobuf allows no unpaired surrogates in text.
  if (typeof value === 'string') return { stringValue: value.toWellFormed() };
  if (!Array.isArray(value) || value.some((one) => typeof one === 'object' && one !== null)) {
    return { stringValue: JSON.stringify(value) };
  }
  const values = value.filter((one) => one !== null).map((one) => anyValue(one, type));
  return { arrayValue: { values } };
}

const int64Limit = 2 ** 63;

/** A number without a declared type is a double: whether it has a fraction may differ from event to event. */
function numberValue(value: number, type: FieldType | undefined): AnyValue {
  if (type === undefined || type === 'double') return { doubleValue: value };
  if (type !== 'long') return { stringValue: String(value) };
  if (!Number.isInteger(value)) return { doubleValue: value };
  return Math.abs(value) < int64Limit ? { intValue: BigInt(value).toString() } : { stringValue: String(value) };
}

const textAttribute = (key: string, stringValue: string): KeyValue => ({ key, value: { stringValue } });

/** Returns the same object for the same texts. Omits undefined texts. */
function cachedOrigins() {
  const cache = new Map<string, Origin>();
  return (
    name = '@xiq-siem/otel-logs',
    version: string | undefined,
    resource: Readonly<Record<string, string | undefined>>,
  ): Origin => {
    const key = JSON.stringify([name, version, resource]);
    const found = cache.get(key);
    if (found !== undefined) return found;
    const attributes = Object.entries(resource).flatMap(([attribute, text]) =>
      text === undefined ? [] : [textAttribute(attribute, text)],
    );
    const origin = { resource: { attributes }, scope: { name, ...(version !== undefined && { version }) } };
    cache.set(key, origin);
    return origin;
  };
}

/** As text: a number of nanoseconds would lose precision. */
function nanoseconds(epochMs: number): string {
  const ms = Math.max(0, Math.trunc(epochMs));
  return ms === 0 ? '0' : `${ms}000000`;
}
