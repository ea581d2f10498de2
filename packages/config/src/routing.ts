// Finds routing that can match no event: names in `where` that are no dataset or source, and sources and datasets without a destination.
import { createDatasetFilter } from '@xiq-siem/delivery';
import type { Configuration, ConfiguredDestination } from './load.ts';
import { selfSourceName } from './schema.ts';

export interface RoutingFaults {
  /** Destinations that can get no event, and why. */
  readonly destinations: ReadonlyMap<string, string>;
  /** Configured sources whose events no destination accepts. */
  readonly sources: ReadonlySet<string>;
  /** Of the other sources, the datasets that no destination accepts. This may be intended. */
  readonly datasets: ReadonlyMap<string, readonly string[]>;
  /** One text for each name in `where` that is unknown, and for each source whose events no destination accepts. */
  readonly advice: readonly string[];
}

interface KnownSource {
  readonly name: string;
  /** Undefined: its plugin does not declare them. */
  readonly datasets: readonly string[] | undefined;
  readonly fallbackDatasets?: readonly string[] | undefined;
}

type Routed = Pick<ConfiguredDestination, 'name' | 'options'>;

export function routingFaults({
  sources,
  destinations,
  registry,
}: Pick<Configuration, 'sources' | 'destinations' | 'registry'>): RoutingFaults {
  const known: readonly KnownSource[] = [...sources, { name: selfSourceName, datasets: registry.self.datasets }];
  const unknownNames = new Map(destinations.map((one) => [one.name, unknownIn(one, known)]));
  const withoutEvents = destinations.filter((one) => !known.some((source) => accepts(one, source)));
  const notRouted = sources.filter((source) => !destinations.some((one) => accepts(one, withoutFallback(source))));
  const inPart = sources
    .filter((source) => !notRouted.includes(source))
    .map(({ name, datasets = [] }) => {
      const accepted = (dataset: string): boolean =>
        destinations.some((one) => accepts(one, { name, datasets: [dataset] }));
      return [name, datasets.filter((dataset) => !accepted(dataset))] as const;
    })
    .filter(([, datasets]) => datasets.length > 0);
  return {
    destinations: new Map(
      withoutEvents.map(({ name }) => {
        const unknown = unknownNames.get(name) ?? [];
        return [name, unknown.length === 0 ? 'where excludes every dataset of every source' : unknown.join('; ')];
      }),
    ),
    sources: new Set(notRouted.map(({ name }) => name)),
    datasets: new Map(inPart),
    advice: [
      ...[...unknownNames].flatMap(([name, texts]) => texts.map((text) => `destinations.${name}.${text}`)),
      ...notRouted.map(({ name }) => `sources.${name}: no destination accepts its events; check \`where\` of each`),
      ...inPart.map(
        ([name, datasets]) =>
          `sources.${name}: no destination accepts its events of ${datasets.join(', ')}; check \`where\` of each`,
      ),
    ],
  };
}

/** A destination that gets only what is unknown or unreadable gets none of the events that the sender is for. */
function withoutFallback({ name, datasets, fallbackDatasets = [] }: KnownSource): KnownSource {
  return { name, datasets: datasets?.filter((dataset) => !fallbackDatasets.includes(dataset)) };
}

/** Whether the destination can get an event of the source. */
function accepts({ options: { where } }: Routed, { name, datasets }: KnownSource): boolean {
  const wants = createDatasetFilter(where);
  if (datasets !== undefined) return datasets.some((dataset) => wants({ dataset, source: name }));
  return where.sources?.includes(name) ?? true;
}

function unknownIn({ options: { where } }: Routed, known: readonly KnownSource[]): readonly string[] {
  const names = known.map(({ name }) => name);
  const datasets = known.flatMap((source) => source.datasets ?? []);
  const canCheck = known.every((source) => source.datasets !== undefined);
  const unknown = (key: 'datasets' | 'exceptDatasets' | 'sources', all: readonly string[], noun: string) =>
    (where[key] ?? []).flatMap((name) => {
      if (all.includes(name)) return [];
      const similar = all.find((one) => one.toLowerCase().endsWith(`.${name.toLowerCase()}`));
      const hint = similar === undefined ? `expected one of ${all.join(', ')}` : `did you mean ${similar}?`;
      return [`where.${key}: ${name} is no ${noun}: ${hint}`];
    });
  return [
    ...(canCheck
      ? [...unknown('datasets', datasets, 'dataset'), ...unknown('exceptDatasets', datasets, 'dataset')]
      : []),
    ...unknown('sources', names, 'source'),
  ];
}
