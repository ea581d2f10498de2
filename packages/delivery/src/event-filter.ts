// Decides by the `where` of a destination which events it receives.
import { type EcsDocument, valuesAt } from '@xiq-siem/core';
import type { Routing } from './options.ts';

export interface FilteredEvent {
  readonly dataset: string;
  readonly source: string;
  readonly document: EcsDocument;
}

/** Whether a destination can receive events of a dataset and a source. */
export function createDatasetFilter({
  datasets,
  exceptDatasets,
  sources,
}: Pick<Routing, 'datasets' | 'exceptDatasets' | 'sources'>): (event: Omit<FilteredEvent, 'document'>) => boolean {
  const wanted = datasets && new Set(datasets);
  const unwanted = new Set(exceptDatasets);
  const allowedSources = sources && new Set(sources);
  return ({ dataset, source }) =>
    (wanted?.has(dataset) ?? true) && !unwanted.has(dataset) && (allowedSources?.has(source) ?? true);
}

type Condition = (document: EcsDocument) => boolean;

const conditionsOf = (fields: Routing['fields'] = {}): readonly Condition[] =>
  Object.entries(fields).map(([field, accepted]) => {
    const texts = new Set(accepted);
    return (document) => valuesAt(document, field).some((value) => texts.has(String(value)));
  });

/** Whether a destination receives an event: every configured condition must be true. */
export function createEventFilter(where: Routing): (event: FilteredEvent) => boolean {
  const isWanted = createDatasetFilter(where);
  const required = conditionsOf(where.fields);
  const excluded = conditionsOf(where.exceptFields);
  return (event) =>
    isWanted(event) &&
    required.every((isTrue) => isTrue(event.document)) &&
    !excluded.some((isTrue) => isTrue(event.document));
}
