// An event as an OpenTelemetry log record, with the resource and the scope that it belongs to.
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

/** Values that both encodings of OTLP carry alike. */
type FieldValue = string | number | boolean | readonly (string | number | boolean)[];

type RecordOptions = Pick<
  OtelLogsConfig,
  'body' | 'eventActions' | 'includeOriginal' | 'resourceAttributes' | 'serviceName'
>;

// By syslog's names. From 17 on it means "erroneous": a refused RADIUS login is a warning.
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

/** ECS names that OpenTelemetry calls otherwise. */
const otherNames = [['network.protocol', 'network.protocol.name']] as const;

/** Maps a whole batch, so that events of one origin share one resource: the serializers group by identity. */
export function createRecordMapper(
  options: RecordOptions,
  definitions: readonly FieldDefinition[],
): (batch: Batch) => readonly Entry[] {
  const eventName = createEventNames(options.eventActions);
  const asText = new Set(definitions.filter(({ type }) => type === 'flattened').map(({ name }) => name));

  return ({ items }) => {
    const resourceOf = shared((attributes) => resourceFromAttributes(attributes));
    const scopeOf = shared(({ name = '@xiq-siem/otel-logs', version }) => ({
      name,
      ...(version === undefined ? {} : { version }),
    }));

    const recordOf = (item: BatchItem): LogRecord => {
      const fields = flatten(item.document, asText);
      const text = (name: string) => textOf(fields.get(name));
      // What has a place of its own does not stand among the attributes too.
      const take = (name: string) => {
        const value = text(name);
        fields.delete(name);
        return value;
      };
      for (const name of ['@timestamp', 'event.id']) take(name);
      const level = take('log.level');
      const message = take('message');
      const original = take('event.original');
      const created = Date.parse(take('event.created') ?? '');
      const resource = resourceOf({
        'service.name': options.serviceName,
        'service.namespace': text('organization.name') ?? text('cloud.account.name') ?? text('cloud.account.id'),
        'service.instance.id': take('agent.id'),
        'extreme.xiq.owner_id': take('extreme.xiq.owner_id'),
        ...options.resourceAttributes,
      });
      const instrumentationScope = scopeOf({ name: take('agent.type'), version: take('agent.version') });
      for (const [ecs, otel] of otherNames) rename(fields, ecs, otel);
      fields.set('log.record.uid', item.id);
      if (options.includeOriginal && original !== undefined) fields.set('log.record.original', original);
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

/** Dotted names to values, without null. Objects named in `asText`, and lists of objects, become one JSON string. */
function flatten(document: EcsDocument, asText: ReadonlySet<string>): Map<string, FieldValue> {
  const fields = new Map<string, FieldValue>();
  const visit = (value: unknown, name: string): void => {
    if (Array.isArray(value)) {
      const values = value.map(scalar).filter((one) => one !== undefined);
      const isFlat = value.every((one) => one === null || typeof one !== 'object');
      fields.set(name, isFlat ? values : JSON.stringify(value));
    } else if (typeof value === 'object' && value !== null) {
      if (asText.has(name)) fields.set(name, JSON.stringify(value));
      else for (const [key, inner] of Object.entries(value)) visit(inner, name === '' ? key : `${name}.${key}`);
    } else {
      const one = scalar(value);
      if (one !== undefined) fields.set(name, one);
    }
  };
  visit(document, '');
  return fields;
}

/** Half a surrogate pair is no text in protobuf; a whole number beyond 64 bits is none in OTLP's JSON. */
function scalar(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) >= int64Limit ? String(value) : value;
  }
  return typeof value === 'boolean' ? value : undefined;
}

/** The same object for the same texts; those that are undefined are left out. */
function shared<Made>(make: (texts: Readonly<Record<string, string>>) => Made) {
  const known = new Map<string, Made>();
  return (texts: Readonly<Record<string, string | undefined>>): Made => {
    const key = JSON.stringify(texts);
    const found = known.get(key);
    if (found !== undefined) return found;
    const present = Object.entries(texts).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, text] as const],
    );
    const made = make(Object.fromEntries(present));
    known.set(key, made);
    return made;
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

/** Seconds and nanoseconds: as one number of nanoseconds it would lose its last digits. */
function hrTime(epochMs: number): HrTime {
  const ms = Math.max(0, Math.trunc(epochMs));
  return [Math.floor(ms / 1000), (ms % 1000) * 1_000_000];
}
