// The schema of a health event's content: its subject, its cause, and attributes below `extreme.connector`.
import type { FieldDefinition } from '@xiq-siem/core';
import { z } from 'zod';

/** The format of stored health events. A changed format gets a new version, and the old one stays readable. */
export const healthEventVersion = 2;

/** Characters. A longer text is cut before it is stored. */
export const maxTextLength = 1_024;

const text = z
  .string()
  .min(1)
  .max(maxTextLength)
  .refine((value) => value.isWellFormed(), 'well-formed Unicode');

const keyword = text;
const keywords = z.array(keyword).min(1).max(32).readonly();
const long = z.int();
const double = z.number();
const boolean = z.boolean();
const date = z.iso.datetime({ precision: 3 });

const attributeShape = {
  'destination.name': keyword,
  'destination.type': keyword,
  'destination.state': keyword,
  'destination.since': date,
  source: keyword,
  count: long,
  period_seconds: double,
  per_minute: double,
  codes: keywords,
  'lag.bodies': long,
  'lag.bytes': long,
  'lag.seconds': double,
  'lag.events_in_flight': long,
  events_per_second: double,
  'counters.normalized': long,
  'counters.delivered': long,
  'counters.degraded': long,
  'counters.duplicate': long,
  'counters.dead_lettered': long,
  'counters.filtered': long,
  'counters.damaged': long,
  'counters.unaccounted': long,
  'counters.reconciled': boolean,
  blocked_events: long,
  'dead_letters.open': long,
  'dead_letters.parked': long,
  possible_duplicates: long,
  plugin_faults: long,
  'journal.bytes': long,
  'journal.max_bytes': long,
  'journal.free_bytes': long,
  'journal.hours_until_full': double,
  'gap.id': keyword,
  'gap.from_sequence': long,
  'gap.to_sequence': long,
  'gap.bodies': long,
  'gap.bytes': long,
  'silence.seconds': double,
  'silence.last_received': date,
  message_type: keyword,
  'completeness.hour': date,
  'completeness.xiq': long,
  'completeness.kept': long,
  'completeness.surplus': long,
  /** `address=count`. */
  'refused.by_address': keywords,
  'admin.call': keyword,
  /** `key=value`. */
  'admin.input': keywords,
  // Only older versions stored these.
  total: long,
  'silence.habit_seconds': double,
} as const;

export const contentSchema = z.strictObject({
  /** ISO 8601, UTC. */
  at: date,
  /** A destination, a source, a file or an admin call. */
  subject: text,
  outcome: z.enum(['success', 'failure']).optional(),
  /** A code. */
  reason: text.optional(),
  /** The error text of a server or of the system, without secrets. */
  message: text.optional(),
  attributes: z.strictObject(attributeShape).partial().readonly(),
});

export type Content = Readonly<z.output<typeof contentSchema>>;

const types = new Map<z.ZodType, Omit<FieldDefinition, 'name'>>([
  [keyword, { type: 'keyword', ignoreAbove: maxTextLength }],
  [keywords, { type: 'keyword', array: true, ignoreAbove: maxTextLength }],
  [long, { type: 'long' }],
  [double, { type: 'double' }],
  [boolean, { type: 'boolean' }],
  [date, { type: 'date' }],
]);

/** The attributes as document fields, for the index mappings of destinations. */
export const connectorFields: readonly FieldDefinition[] = Object.entries({
  schema_version: long,
  subject: keyword,
  ...attributeShape,
}).map(([name, schema]) => ({ name: `extreme.connector.${name}`, ...(types.get(schema) ?? { type: 'keyword' }) }));
