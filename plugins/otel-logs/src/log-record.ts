// Converts events to OpenTelemetry log records, with their resource and scope.
import { type HrTime, SeverityNumber } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Batch, BatchItem, EcsDocument, FieldDefinition } from '@xiq-siem/core';
import type { OtelLogsConfig } from './config.ts';
import { createEventNames } from './event-name.ts';
import type { LogRecord } from './otlp-encoding.ts';

export interface Entry {
  readonly item: BatchItem;
  readonly record: LogRecord;
}

/** Values that both OTLP encodings support. */
type FieldValue = string | number | boolean | readonly (string | number | boolean)[];

type RecordOptions = Pick<
  OtelLogsConfig,
  'body' | 'eventActions' | 'includeOriginal' | 'resourceAttributes' | 'serviceName'
>;

// By syslog severity name. OpenTelemetry treats numbers from 17 as errors: a rejected RADIUS login is a warning.
const severities: ReadonlyMap<string, SeverityNumber> = new Map([
  ['debug', SeverityNumber.DEBUG],
  ['info', SeverityNumber.INFO],
  ['notice', SeverityNumber.INFO2],
  ['warning', SeverityNumber.WARN],
  ['error', SeverityNumber.ERROR],
  ['critical', SeverityNumber.ERROR2],
  ['alert', SeverityNumber.ERROR3],
  ['emergency', SeverityNumber.FATAL],
]);

/** ECS names with a different OpenTelemetry name. */
const renamedFields = [['network.protocol', 'network.protocol.name']] as const;

/** Maps a whole batch: events of one origin must share one resource object, because the serializers group by identity. */
export function createRecordMapper(
  options: RecordOptions,
  definitions: readonly FieldDefinition[],
): (batch: Batch) => readonly Entry[] {
  const eventName = createEventNames(options.eventActions);
  const jsonFields = new Set(definitions.filter(({ type }) => type === 'flattened').map(({ name }) => name));

  return ({ items }) => {
    const resourceOf = cached((attributes) => resourceFromAttributes(attributes));
    const scopeOf = cached(({ name = '@xiq-siem/otel-logs', version }) => ({
      name,
      ...(version === undefined ? {} : { version }),
    }));

    const recordOf = (item: BatchItem): LogRecord => {
      const fields = flatten(item.document, jsonFields);
      const text = (name: string) => textOf(fields.get(name));
      // A field with its own place in the record must not be an attribute too.
      const extract = (name: string) => {
        const value = text(name);
        if (value !== undefined) fields.delete(name);
        return value;
      };
      for (const name of ['@timestamp', 'event.id']) extract(name);
      const level = extract('log.level');
      const message = extract('message');
      const isUnreadable = fields.get('event.kind') === 'pipeline_error';
      const original = extract('event.original');
      const created = Date.parse(extract('event.created') ?? '');
      const resource = resourceOf({
        'service.name': options.serviceName,
        'service.namespace': text('organization.name') ?? text('cloud.account.name') ?? text('cloud.account.id'),
        'service.instance.id': extract('agent.id'),
        'extreme.xiq.owner_id': extract('extreme.xiq.owner_id'),
        ...options.resourceAttributes,
      });
      const instrumentationScope = scopeOf({ name: extract('agent.type'), version: extract('agent.version') });
      for (const [ecs, otel] of renamedFields) rename(fields, ecs, otel);
      fields.set('log.record.uid', item.id);
      // An event that could not be read has its content only there.
      const hasOriginal = options.includeOriginal || isUnreadable;
      if (hasOriginal && original !== undefined) fields.set('log.record.original', original);
      const severityNumber = severities.get(level?.toLowerCase() ?? '');
      const body = options.body === 'json' ? item.json : message;
      return {
        hrTime: hrTime(item.timeMs),
        hrTimeObserved: hrTime(Number.isNaN(created) ? item.timeMs : created),
        ...(severityNumber === undefined ? {} : { severityNumber }),
        ...(level === undefined ? {} : { severityText: level }),
        ...(body === undefined ? {} : { body }),
        eventName: eventName(item),
        resource,
        instrumentationScope,
        attributes: Object.fromEntries(fields),
        droppedAttributesCount: 0,
      };
    };
    return items.map((item) => ({ item, record: recordOf(item) }));
  };
}

const int64Limit = 2 ** 63;

/** Values by dotted name, without null. Objects named in `jsonFields`, and lists of objects, become one JSON string. */
function flatten(document: EcsDocument, jsonFields: ReadonlySet<string>): Map<string, FieldValue> {
  const fields = new Map<string, FieldValue>();
  const visit = (value: unknown, name: string): void => {
    if (Array.isArray(value)) {
      const values = value.map(scalar).filter((one) => one !== undefined);
      const isFlat = value.every((one) => one === null || typeof one !== 'object');
      fields.set(name, isFlat ? values : JSON.stringify(value));
    } else if (typeof value === 'object' && value !== null) {
      if (jsonFields.has(name)) fields.set(name, JSON.stringify(value));
      else for (const [key, inner] of Object.entries(value)) visit(inner, name === '' ? key : `${name}.${key}`);
    } else {
      const one = scalar(value);
      if (one !== undefined) fields.set(name, one);
    }
  };
  visit(document, '');
  return fields;
}

/** Protobuf allows no unpaired surrogates in text. OTLP JSON allows no integers beyond 64 bits. */
function scalar(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) >= int64Limit ? String(value) : value;
  }
  return typeof value === 'boolean' ? value : undefined;
}

/** Returns the same object for the same texts. Omits undefined texts. */
function cached<Created>(create: (texts: Readonly<Record<string, string>>) => Created) {
  const cache = new Map<string, Created>();
  return (texts: Readonly<Record<string, string | undefined>>): Created => {
    const key = JSON.stringify(texts);
    const found = cache.get(key);
    if (found !== undefined) return found;
    const present = Object.entries(texts).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, text] as const],
    );
    const created = create(Object.fromEntries(present));
    cache.set(key, created);
    return created;
  };
}

function textOf(value: FieldValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function rename(fields: Map<string, FieldValue>, from: string, to: string): void {
  const value = fields.get(from);
  if (value === undefined) return;
  fields.delete(from);
  fields.set(to, value);
}

/** Seconds and nanoseconds: a single number of nanoseconds would lose precision. */
function hrTime(epochMs: number): HrTime {
  const ms = Math.max(0, Math.trunc(epochMs));
  return [Math.floor(ms / 1000), (ms % 1000) * 1_000_000];
}
