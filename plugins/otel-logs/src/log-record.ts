// An event as an OpenTelemetry log record, with the resource and the scope that it belongs to.
import { type HrTime, SeverityNumber } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Batch, BatchItem, FieldDefinition } from '@xiq-siem/core';
import type { OtelLogsConfig } from './config.ts';
import { createEventNames } from './event-name.ts';
import { type FieldValue, flatten } from './flatten.ts';
import type { LogRecord } from './otlp-encoding.ts';

export interface Entry {
  readonly item: BatchItem;
  readonly record: LogRecord;
}

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
