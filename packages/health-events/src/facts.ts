// What a signal may say in figures and names: each a field below `extreme.connector`, with its one type.
import type { FieldDefinition, FieldType } from '@xiq-siem/core';
import { z } from 'zod';

/** Longest text of a fact; what is longer is cut before it is kept. */
export const maxTextLength = 1_024;
/** Items of a list. */
export const maxItems = 32;

export const text = z
  .string()
  .min(1)
  .max(maxTextLength)
  .refine((value) => value.isWellFormed(), 'whole characters');

const keyword = text;
const keywords = z.array(keyword).min(1).max(maxItems).readonly();
const long = z.int();
const double = z.number();
const boolean = z.boolean();
const date = z.iso.datetime({ precision: 3 });

const shape = {
  'destination.name': keyword,
  'destination.type': keyword,
  'destination.state': keyword,
  'destination.since': date,
  source: keyword,
  /** Of what is told of: since it was told of last. */
  count: long,
  total: long,
  period_seconds: double,
  per_minute: double,
  codes: keywords,
  'lag.bodies': long,
  'lag.bytes': long,
  'lag.seconds': double,
  'lag.events_in_flight': long,
  events_per_second: double,
  'sum.normalized': long,
  'sum.delivered': long,
  'sum.degraded': long,
  'sum.duplicate': long,
  'sum.dead_lettered': long,
  'sum.filtered': long,
  'sum.damaged': long,
  'sum.difference': long,
  'sum.holds': boolean,
  held_events: long,
  'dead_letters.open': long,
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
  'silence.habit_seconds': double,
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
} as const;

export const factsSchema = z.strictObject(shape).partial();

export type SignalFacts = Readonly<z.output<typeof factsSchema>>;

const types: ReadonlyMap<
  z.ZodType,
  { readonly type: FieldType; readonly array?: true; readonly ignoreAbove?: number }
> = new Map<z.ZodType, { type: FieldType; array?: true; ignoreAbove?: number }>([
  [keyword, { type: 'keyword', ignoreAbove: maxTextLength }],
  [keywords, { type: 'keyword', array: true, ignoreAbove: maxTextLength }],
  [long, { type: 'long' }],
  [double, { type: 'double' }],
  [boolean, { type: 'boolean' }],
  [date, { type: 'date' }],
]);

/** The same for the mappings that destinations make. */
export const connectorFields: readonly FieldDefinition[] = [
  { name: 'extreme.connector.signal_version', type: 'long' },
  { name: 'extreme.connector.subject', type: 'keyword', ignoreAbove: maxTextLength },
  ...Object.entries(shape).map(
    ([name, schema]): FieldDefinition => ({
      name: `extreme.connector.${name}`,
      ...(types.get(schema) ?? { type: 'keyword' }),
    }),
  ),
];
