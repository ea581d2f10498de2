// Loads the configuration: a checked configuration, or all of its faults.
import { dirname, resolve } from 'node:path';
import type {
  Destination,
  DestinationContext,
  DestinationDefinition,
  DestinationSetup,
  MetricTable,
  Source,
  SourceContext,
  SourceDefinition,
  SourceSecretReference,
} from '@xiq-siem/core';
import { ConnectorError, secretReference } from '@xiq-siem/core';
import { type DeliveryOptions, minKeyLength } from '@xiq-siem/delivery';
import { z } from 'zod';
import type { ConfigFault, FieldPath, Finding } from './faults.ts';
import { fieldName, findings, formatFault } from './faults.ts';
import { fieldDefinitionsOf, fieldFindings } from './field-names.ts';
import { type LoadedMapping, loadMapping, mappingVersionOf } from './mapping-file.ts';
import { withCurrentNames } from './renamed-keys.ts';
import type { CheckedFile } from './schema.ts';
import { commonDestinationSchema, commonSourceSchema, configurationSchema } from './schema.ts';
import { settingsHash } from './settings-hash.ts';
import type { YamlFile } from './yaml-file.ts';
import { readYamlFile } from './yaml-file.ts';

/** The plugins that a configuration can use by `type`. */
export interface Registry {
  /** Reads the bodies of the source `self`: the health events. */
  readonly self: SourceDefinition;
  /** The first one reads the bodies of sources that are no longer configured. */
  readonly sources: readonly [SourceDefinition, ...SourceDefinition[]];
  /** By type. Loaded only if it is configured, because the SDKs cost start-up time and memory. */
  readonly destinations: Readonly<Record<string, () => Promise<DestinationDefinition>>>;
}

/** Environment variables with secrets and the proxy. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A reference to a secret, and its place in the configuration. */
export interface ConfiguredSecret {
  readonly reference: SourceSecretReference;
  readonly path: FieldPath;
  /** In characters. Default: 1. */
  readonly minLength?: number;
}

export interface ConfiguredSource {
  readonly name: string;
  readonly type: string;
  /** As its definition declares them. */
  readonly metrics: MetricTable | undefined;
  readonly datasets: readonly string[] | undefined;
  readonly fallbackDatasets: readonly string[] | undefined;
  /** The source accepts each of these. */
  readonly secrets: readonly ConfiguredSecret[];
  /** The plugin's own keys, after their check. */
  readonly settings: unknown;
  /** The secrets in its own keys. */
  readonly ownSecrets: readonly ConfiguredSecret[];
  /** Uses the operator's mapping, if one is configured and `builtInMapping` is not set. */
  create(context: SourceContext<string>, builtInMapping?: 'builtInMapping'): Source;
}

export interface ConfiguredDestination {
  readonly name: string;
  readonly definition: DestinationDefinition;
  readonly options: DeliveryOptions;
  /** Undefined: the destination gets whole documents. */
  readonly redact: Redact;
  /** Its own proxy and certificates. */
  readonly egress: Partial<CheckedFile['egress']>;
  /** Changes with the settings that decide whether the destination takes events, but not with a secret. */
  readonly settingsHash: string;
  /** All secrets in its entry. */
  readonly secrets: readonly ConfiguredSecret[];
  create(context: DestinationContext<string>): Promise<Destination>;
  /** Undefined if the server needs no preparation. */
  setup(context: DestinationContext<string>): Promise<DestinationSetup> | undefined;
}

export interface Configuration extends Omit<CheckedFile, 'sources' | 'destinations' | 'mapping'> {
  /** Undefined: the defaults without a file. */
  readonly file: string | undefined;
  /** The operator's mapping file, if one is configured. */
  readonly mapping: LoadedMapping | undefined;
  /** `extreme.xiq.mapping_version` of documents. */
  mappingVersion(builtInMapping?: 'builtInMapping'): string;
  readonly sources: readonly ConfiguredSource[];
  readonly destinations: readonly ConfiguredDestination[];
  readonly registry: Registry;
  readonly env: Environment;
  /** The checked content of the file, for the comparison with a later one. */
  readonly raw: CheckedFile;
  /** Resolves a path of the configuration against the directory of the file, or the working directory without a file. */
  resolvePath(path: string): string;
  /** Adds file and line to a finding of a later check, such as a missing secret. */
  locate(finding: Finding): ConfigFault;
  /** Old names of keys and values in the file. The next release refuses them. */
  readonly renamed: readonly ConfigFault[];
}

export type LoadResult =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

const noFile: YamlFile = {
  value: {},
  faults: [],
  locate: ({ path, message }) => ({ file: '(defaults)', field: fieldName(path), message }),
};

/** `file` undefined: the defaults. */
export async function loadConfiguration(
  file: string | undefined,
  registry: Registry,
  env: Environment,
): Promise<LoadResult> {
  if (file === undefined) return checkConfiguration(noFile, undefined, process.cwd(), registry, env);
  const path = resolve(file);
  return checkConfiguration(await readYamlFile(path), path, dirname(path), registry, env);
}

export async function checkConfiguration(
  yaml: YamlFile,
  file: string | undefined,
  baseDirectory: string,
  registry: Registry,
  env: Environment,
): Promise<LoadResult> {
  if (yaml.faults.length > 0) return { ok: false, faults: yaml.faults };
  const { value, locate, renamed, faults: renameFaults } = withCurrentNames(yaml);
  const checkedFile = configurationSchema.safeParse(value);
  const found: Finding[] = [...renameFaults, ...(checkedFile.success ? [] : findings(checkedFile.error.issues))];
  const entriesOf: LooseFile = checkedFile.data ?? looseFile.parse(value);
  const sourceTypes = Object.fromEntries(
    registry.sources.map((definition) => [definition.type, async () => definition]),
  );
  const sources = await checkEntries('sources', entriesOf, sourceTypes, commonSourceSchema, found);
  const destinations = await checkEntries(
    'destinations',
    entriesOf,
    registry.destinations,
    commonDestinationSchema,
    found,
  );
  found.push(...fieldFindings(destinations, fieldDefinitionsOf(registry)));
  const mapping = await loadMapping(entriesOf.mapping, baseDirectory, sources);
  if (!checkedFile.success || found.length > 0 || mapping.faults.length > 0) {
    const faults = [...found.map(locate), ...mapping.faults];
    faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
    return { ok: false, faults };
  }
  return {
    ok: true,
    configuration: {
      ...checkedFile.data,
      raw: checkedFile.data,
      registry,
      env,
      mapping: mapping.loaded,
      mappingVersion: (builtIn) => mappingVersionOf(sources, builtIn === undefined ? mapping.loaded : undefined),
      file,
      resolvePath: (path) => resolve(baseDirectory, path),
      locate,
      renamed,
      sources: sources.map(({ name, definition, common: { secrets }, own }) => ({
        name,
        type: definition.type,
        metrics: definition.metrics,
        datasets: definition.datasets,
        fallbackDatasets: definition.fallbackDatasets,
        settings: own,
        ownSecrets: secretsIn(own, ['sources', name]),
        secrets: secrets.map((reference, index) => ({ reference, path: ['sources', name, 'secrets', index] })),
        create: (context, builtIn) =>
          definition.create(own, context, builtIn === undefined ? mapping.loaded?.rulesOf(definition.type) : undefined),
      })),
      destinations: destinations.map(
        ({ name, definition, common: { type: _, proxy, noProxy, caFile, redact, ...options }, own }) => ({
          name,
          definition,
          options,
          redact,
          egress: { proxy, noProxy, caFile },
          settingsHash: settingsHash({ type: definition.type, own, egress: { proxy, noProxy, caFile } }),
          secrets: [...secretsIn(own, ['destinations', name]), ...redactionKey(redact, name)],
          create: (context) => definition.create(own, context),
          setup: (context) => definition.setup?.(own, context),
        }),
      ),
    },
  };
}

/** The faults of a configuration as one error with exit code 78. */
export function configurationError(faults: readonly ConfigFault[]): ConnectorError {
  return new ConnectorError('config_invalid', faults.map(formatFault).join('\n'));
}

/** Reads the entries of a configuration with faults elsewhere, so that one run reports all faults. */
const looseEntries = z.record(z.string(), z.record(z.string(), z.unknown())).catch({});
const looseFile = z
  .object({
    sources: looseEntries.default({}),
    destinations: looseEntries.default({}),
    mapping: z.string().optional().catch(undefined),
  })
  .catch({ sources: {}, destinations: {}, mapping: undefined });
type LooseFile = z.output<typeof looseFile>;

async function checkEntries<Definition extends { configSchema: z.ZodType }, CommonSchema extends z.ZodObject>(
  kind: 'sources' | 'destinations',
  entriesOf: Pick<LooseFile, typeof kind>,
  types: Readonly<Record<string, () => Promise<Definition>>>,
  commonSchema: CommonSchema,
  found: Finding[],
) {
  const checked: { name: string; definition: Definition; common: z.output<CommonSchema>; own: unknown }[] = [];
  for (const [name, entry] of Object.entries(entriesOf[kind])) {
    const type = entry['type'];
    const definition = typeof type === 'string' && Object.hasOwn(types, type) ? await types[type]?.() : undefined;
    if (definition === undefined) {
      const path = 'type' in entry ? [kind, name, 'type'] : [kind, name];
      const message = 'type' in entry ? 'unknown type' : 'type is missing';
      found.push({ path, message: `${message}: expected one of ${Object.keys(types).join(', ')}` });
      continue;
    }
    const isCommonKey = ([key]: [string, unknown]): boolean => key in commonSchema.shape;
    const split = Object.entries(entry);
    const common = commonSchema.safeParse(Object.fromEntries(split.filter(isCommonKey)));
    const own = definition.configSchema.safeParse(Object.fromEntries(split.filter((pair) => !isCommonKey(pair))));
    if (common.success && own.success) checked.push({ name, definition, common: common.data, own: own.data });
    for (const { error } of [common, own]) {
      if (error !== undefined) found.push(...findings(error.issues, [kind, name]));
    }
  }
  return checked;
}

type Redact = z.output<typeof commonDestinationSchema>['redact'];

const redactionKey = (redact: Redact, destination: string): readonly ConfiguredSecret[] =>
  redact?.key === undefined
    ? []
    : [{ reference: redact.key, path: ['destinations', destination, 'redact', 'key'], minLength: minKeyLength }];

/** All references to secrets in a plugin's checked configuration. */
function secretsIn(value: unknown, path: FieldPath): readonly ConfiguredSecret[] {
  if (typeof value !== 'object' || value === null) return [];
  const reference = secretReference.safeParse(value);
  if (reference.success) return [{ reference: reference.data, path }];
  return Object.entries(value).flatMap(([key, inner]) => secretsIn(inner, [...path, key]));
}
