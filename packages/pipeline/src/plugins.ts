// Creates the configured sources and destinations, each with its context.
import type { Configuration, ConfiguredDestination, ConfiguredSource } from '@xiq-siem/config';
import {
  createAgents,
  fieldDefinitionsOf,
  joinSecrets,
  openManagedSecret,
  openSecret,
  selfSourceName,
} from '@xiq-siem/config';
import {
  type AgentIdentity,
  boundLogger,
  type Destination,
  type DestinationContext,
  type Organization,
  type SecretSource,
  type Source,
  type SourceContext,
  type StoredBody,
  sourceMetrics,
} from '@xiq-siem/core';
import { createRedaction, redactingDefinition, redactingDestination } from '@xiq-siem/delivery';
import { z } from 'zod';
import { type PluginMeterServices, pluginMeter } from './plugin-meter.ts';

export interface PluginServices extends PluginMeterServices {
  readonly agent: AgentIdentity;
  readonly secretsDirectory: string;
  /** The organization of a source, if it is known from the sender. Default: never. */
  readonly organizationOf?: (source: string) => Organization | undefined;
  readonly now: () => number;
  /** Default: never. Only a running connector deletes files by age. */
  readonly mayDeleteByAge?: () => boolean;
}

export interface ReceivingSource {
  readonly source: Source;
  readonly secrets: SecretSource;
}

export interface Sources {
  /** By name, each with its accepted secrets. */
  readonly receiving: ReadonlyMap<string, ReceivingSource>;
  of: SourceOf;
}

/**
 * The source of a body. The bodies of a source that is no longer configured are read with the defaults of the first type,
 * so that they are not lost.
 */
export type SourceOf = (body: StoredBody) => Source;

export async function openSources(
  configuration: Configuration,
  { secretsDirectory, ...services }: PluginServices,
): Promise<Sources> {
  const { log } = services;
  const opened = configuration.sources.map(async (configured): Promise<[string, ReceivingSource]> => {
    const { name } = configured;
    const secrets = await Promise.all(
      configured.secrets.map(({ reference }) =>
        'managed' in reference
          ? openManagedSecret(secretsDirectory, name, log)
          : openSecret(reference, configuration, boundLogger(log, { source: name })),
      ),
    );
    const source = configured.create(sourceContext(configured, services));
    return [name, { source, secrets: joinSecrets(secrets) }];
  });
  const receiving = new Map(await Promise.all(opened));
  const known = new Map([...receiving].map(([name, { source }]) => [name, source]));
  return { receiving, of: sourceOf(known, configuration, services) };
}

type ReadingServices = Pick<PluginServices, 'agent' | 'log' | 'meter' | 'organizationOf'>;

function sourceContext(
  { name, metrics }: Pick<ConfiguredSource, 'name' | 'metrics'>,
  { agent, log, meter, organizationOf }: ReadingServices,
): SourceContext<string> {
  const bound = boundLogger(log, { source: name });
  return {
    name,
    agent,
    ...(organizationOf && { organization: () => organizationOf(name) }),
    log: bound,
    meter: pluginMeter('source', name, { ...metrics, ...sourceMetrics }, { log, meter }),
  };
}

/** Sources that only read stored bodies: without secrets. */
export function readingSources(
  configuration: Configuration,
  services: ReadingServices,
  builtInMapping?: 'builtInMapping',
): SourceOf {
  const sources = configuration.sources.map((configured): [string, Source] => [
    configured.name,
    configured.create(sourceContext(configured, services), builtInMapping),
  ]);
  return sourceOf(new Map(sources), configuration, services);
}

const withNamespace = z.object({ namespace: z.string() });

function sourceOf(
  known: ReadonlyMap<string, Source>,
  { raw, registry }: Configuration,
  services: ReadingServices,
): SourceOf {
  const [first] = Object.values(raw.sources);
  const others = new Map<string, Source>();
  const open = (name: string): Source => {
    const [fallback] = registry.sources;
    const isOwn = name === selfSourceName;
    const definition = isOwn ? registry.self : fallback;
    const settings = isOwn ? (withNamespace.safeParse(first).data ?? {}) : {};
    if (!isOwn) {
      const handling = `its bodies are read with the defaults of type ${definition.type}`;
      services.log.warn('source.not_configured', { source: name, handling });
    }
    const { metrics } = definition;
    return definition.create(definition.configSchema.parse(settings), sourceContext({ name, metrics }, services));
  };
  return ({ metadata: { source: name } }) => {
    const source = known.get(name) ?? others.get(name) ?? open(name);
    if (!known.has(name)) others.set(name, source);
    return source;
  };
}

export interface OpenDestination {
  readonly configured: ConfiguredDestination;
  readonly destination: Destination;
  /** Replaces this destination's secrets in a text. */
  redact(text: string): string;
}

export async function openDestination(
  configured: ConfiguredDestination,
  configuration: Configuration,
  services: DestinationServices,
): Promise<OpenDestination> {
  const { context, redact } = destinationContext(configured, configuration, services);
  const destination = await configured.create(context);
  const { redact: rules, definition } = configured;
  if (rules === undefined) return { configured, destination, redact };
  const key = rules.key && context.secret(rules.key);
  return {
    configured: { ...configured, definition: redactingDefinition(definition) },
    destination: redactingDestination(destination, createRedaction(rules, context.fields), key),
    redact,
  };
}

export type DestinationServices = Pick<PluginServices, 'now' | 'log' | 'meter' | 'mayDeleteByAge'>;

/** The context of a destination, and a `redact` for every secret that it has read. */
export function destinationContext(
  { name, definition: { metrics }, options: { timeoutMs }, egress }: ConfiguredDestination,
  configuration: Configuration,
  { now, log, meter, mayDeleteByAge = () => false }: DestinationServices,
): { readonly context: DestinationContext<string>; redact(text: string): string } {
  const { resolvePath, registry } = configuration;
  const bound = boundLogger(log, { destination: name });
  const agents = createAgents(configuration, egress);
  const secrets: SecretSource[] = [{ current: () => agents.secrets }];
  const context: DestinationContext<string> = {
    name,
    log: bound,
    meter: pluginMeter('destination', name, metrics ?? {}, { log, meter }),
    now,
    timeoutMs,
    mayDeleteByAge,
    fields: fieldDefinitionsOf(registry),
    resolvePath,
    agent: agents.agent,
    secret: (reference) => {
      const secret = openSecret(reference, configuration, bound);
      secrets.push(secret);
      return secret;
    },
  };
  return { context, redact: (text) => withoutSecrets(text, secrets) };
}

function withoutSecrets(text: string, sources: readonly SecretSource[]): string {
  return joinSecrets(sources)
    .current()
    .reduce((shown, secret) => shown.replaceAll(secret.reveal(), String(secret)), text);
}
