// Which events a destination wants.
import type { Routing } from './options.ts';

export type Wants = (event: { readonly dataset: string; readonly source: string }) => boolean;

/** Every condition that is set has to hold. */
export function routeBy({ datasets, exceptDatasets, sources }: Routing): Wants {
  const wanted = datasets && new Set(datasets);
  const unwanted = new Set(exceptDatasets);
  const from = sources && new Set(sources);
  return ({ dataset, source }) =>
    (wanted?.has(dataset) ?? true) && !unwanted.has(dataset) && (from?.has(source) ?? true);
}
