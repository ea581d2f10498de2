// Shows what a replay with the current mapping file would change. Sends nothing.
import type { PreviewLine, Where } from '@xiq-siem/admin-api';
import type { EcsDocument, NormalizedEvent, StoredBody } from '@xiq-siem/core';
import { eventFilter } from './event-filter.ts';
import { type Span, scanJournal, sequencesOf } from './journal-scan.ts';
import type { ReadModel } from './read-model.ts';

export interface PreviewInput {
  readonly span: Span;
  readonly where: Where;
  /** Maximum number of changed events to show. */
  readonly examples: number;
  readonly before: Mapping;
  readonly after: Mapping;
}

export interface Mapping {
  readonly version: string;
  normalize(body: StoredBody): Iterable<NormalizedEvent>;
}

/** These fields differ in every event. */
const ignored: ReadonlySet<string> = new Set(['event.ingested', 'extreme.xiq.mapping_version']);
const maxFields = 1000;
const maxValueLength = 500;

export async function* previewReplay(
  readModel: ReadModel,
  { span, where, examples, before, after }: PreviewInput,
  signal: AbortSignal,
): AsyncGenerator<PreviewLine> {
  const wanted = eventFilter(where);
  const fields = new Map<string, number>();
  const totals = { bodies: 0, events: 0, changed: 0, idsChanged: 0 };
  for await (const step of scanJournal(readModel, await sequencesOf(readModel.journal, span, signal), signal)) {
    if (step.kind === 'progress') {
      yield step;
      continue;
    }
    const { body } = step;
    totals.bodies += 1;
    for (const [one, other] of pairs(before.normalize(body), after.normalize(body))) {
      await readModel.yieldNow();
      if (signal.aborted) return;
      if (!wanted(other, body.metadata.source)) continue;
      totals.events += 1;
      if (one.id !== other.id) totals.idsChanged += 1;
      const found = differences(one.document, other.document, ignored);
      if (found.length === 0) continue;
      totals.changed += 1;
      for (const { path } of found) {
        if (fields.has(path) || fields.size < maxFields) fields.set(path, (fields.get(path) ?? 0) + 1);
      }
      if (totals.changed > examples) continue;
      const { receipt } = body;
      const { element, id: eventId, dataset } = other;
      yield { kind: 'change', receipt, element, eventId, dataset, fields: found.map(shown) };
    }
  }
  if (signal.aborted) return;
  yield {
    kind: 'end',
    snapshot: readModel.snapshot,
    before: before.version,
    after: after.version,
    ...totals,
    fields: [...fields].map(([path, events]) => ({ path, events })).sort((a, b) => b.events - a.events),
  };
}

/** Element numbers depend on the JSON structure alone: both mappings give the same elements. */
function* pairs<T>(left: Iterable<T>, right: Iterable<T>): Generator<readonly [T, T]> {
  const others = right[Symbol.iterator]();
  for (const one of left) {
    const other = others.next();
    if (other.done === true) return;
    yield [one, other.value];
  }
}

const shown = ({ path, before, after }: Difference) => ({ path, before: bounded(before), after: bounded(after) });

function bounded(value: unknown): unknown {
  const text = JSON.stringify(value) ?? 'null';
  if (text.length <= maxValueLength) return value ?? null;
  return `${text.slice(0, maxValueLength)}…`;
}

interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** By dotted path; undefined where a field is missing. A list is one value. `ignored` paths are skipped. */
export function differences(
  before: EcsDocument,
  after: EcsDocument,
  ignored: ReadonlySet<string>,
): readonly Difference[] {
  const found: Difference[] = [];
  const compare = (path: string, one: unknown, other: unknown): void => {
    if (ignored.has(path)) return;
    if (isObject(one) && isObject(other)) {
      for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
        compare(path === '' ? key : `${path}.${key}`, one[key], other[key]);
      }
    } else if (JSON.stringify(one) !== JSON.stringify(other)) {
      found.push({ path, before: one, after: other });
    }
  };
  compare('', before, after);
  return found;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
