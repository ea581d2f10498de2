// The contract of a source plugin: it authenticates senders and turns request bodies into events.
import type { z } from 'zod';
import type { StoredBody } from './body.ts';
import type { EcsDocument } from './ecs.ts';
import type { FieldDefinition } from './fields.ts';
import type { Secret } from './secret.ts';
import type { Logger, Meter, MetricTable } from './telemetry.ts';

/** The parts of a request that a source may use to authenticate it. */
export interface AuthenticationRequest {
  /** Value of a header, by lower-case name. */
  header(name: string): string | undefined;
  /** The request body as received, before any decoding; empty for a source that authenticates by headers. */
  readonly bytes: Uint8Array;
}

/** `form` says how the sender authenticated: a fixed code of the source, never a value of the request. */
export type AuthenticationVerdict = { readonly ok: true; readonly form: string } | { readonly ok: false };

/** A field of a body that no mapping uses. It has a path and a type, but never a value. */
export interface UnmappedField {
  readonly messageType: string;
  /** Dotted path; `[]` is any element of an array, `*` a name that may be personal data. */
  readonly path: string;
  readonly type: 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';
}

/** The event of one element of a body. */
export interface NormalizedEvent {
  /** Number of the element in its body, from 0. It depends on the JSON structure alone, never on a mapping. */
  readonly element: number;
  /** `event.id`. It is the same in every resend and replay. */
  readonly id: string;
  /**
   * The natural key of an event that a sender gives in two forms with different ids. Both forms of one event have the same
   * key, and different events may have it too, so events are paired by their number. Undefined: unknown.
   */
  readonly pairingKey?: string | undefined;
  /** `event.dataset`. */
  readonly dataset: string;
  /** `@timestamp` in epoch milliseconds. */
  readonly timeMs: number;
  readonly document: EcsDocument;
  /** Set if no destination receives the event: all count it as filtered, for this reason. */
  readonly filtered?: 'duplicate_of_backfill';
}

export interface Source {
  /**
   * `headers`: headers decide, and the body of a rejected request is never buffered. `bytes`: the body is needed as well, for
   * example for a signature.
   */
  readonly authenticatesBy: 'headers' | 'bytes';
  /** Whether `/webhooks/<source>/<messageType>` exists. False: the sender gets 404. */
  accepts(messageType: string): boolean;
  /** Checks a request against the valid secrets. Compares in constant time. Never throws. */
  authenticate(request: AuthenticationRequest, secrets: readonly Secret[]): AuthenticationVerdict;
  /**
   * Yields the events of a body in order, lazily. The result depends on the body, `ingestedAtMs` (epoch milliseconds) and the
   * organization alone. Never throws: a part that it cannot parse becomes an event of kind `pipeline_error` with the raw text.
   */
  normalize(body: StoredBody, ingestedAtMs: number): Iterable<NormalizedEvent>;
  /** Yields the fields of a body that no mapping uses, lazily, once for each occurrence. Never throws. */
  unmapped?(body: StoredBody): Iterable<UnmappedField>;
}

/** The connector's identity: `agent.*` of every document. */
export interface AgentIdentity {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

/** The customer that a source belongs to: `organization.*` of its documents. */
export interface Organization {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/** The metrics of every source. Its definition may declare more. */
export const sourceMetrics = {
  events: { help: 'Events normalized.', unit: '{event}', attributes: ['dataset'] },
  empty_bodies: { help: 'Bodies without an event: [].', unit: '{body}' },
  pipeline_errors: {
    help: 'Events that could not be parsed; they are delivered with their raw text as pipeline_error.',
    unit: '{event}',
    attributes: ['code'],
  },
} as const satisfies MetricTable;

/** What the connector provides to one source. `Metric`: names of the metrics that the definition declares. */
export interface SourceContext<Metric extends string = never> {
  /** Name of the source in the configuration. */
  readonly name: string;
  readonly agent: AgentIdentity;
  /** The organization, if the connector has learned it from the sender. Undefined: unknown, perhaps not yet. */
  readonly organization?: () => Organization | undefined;
  readonly log: Logger;
  readonly meter: Meter<Metric | keyof typeof sourceMetrics>;
}

/** The operator's validated additions to a mapping. */
export interface OperatorMapping<Rules = unknown> {
  /** Changes with the content of the rules. */
  readonly version: string;
  readonly rules: Rules;
}

export interface SourceDefinition<
  Schema extends z.ZodType = z.ZodType,
  Rules extends z.ZodType = z.ZodType,
  Metric extends string = string,
> {
  /** The value of `type:` in the configuration. */
  readonly type: string;
  /** The keys of this type. The connector handles the keys that all sources have, such as `type` and `secrets`. */
  readonly configSchema: Schema;
  /** All fields that its documents can have beside ECS fields. Destinations create their mappings from them. */
  readonly fields: readonly FieldDefinition[];
  /** Every dataset that its events can have; absent: unknown. Checks of `where` use it. */
  readonly datasets?: readonly string[];
  /** Those of `datasets` for events that are unknown or cannot be read. A sender has others as well. */
  readonly fallbackDatasets?: readonly string[];
  /** The plugin's counters by name, `^[a-z][a-z0-9_]*$`, exported as `xiq_siem.source.<name>` with the attribute `source`. */
  readonly metrics?: MetricTable<Metric>;
  /** Schema of the operator's mapping file, for a type that accepts one. */
  readonly mappingSchema?: Rules;
  /** The mapping version in its documents. `operatorVersion`: version of the operator's mapping, if one is configured. */
  mappingVersion?(operatorVersion: string | undefined): string;
  /** `mapping`: present if the operator configured one and the type has a `mappingSchema`. */
  create(config: z.output<Schema>, context: SourceContext<Metric>, mapping?: OperatorMapping<z.output<Rules>>): Source;
}

/** Declares a source type. `create` receives the validated configuration. */
export function defineSource<
  Schema extends z.ZodType,
  Rules extends z.ZodType = z.ZodType,
  const Metric extends string = never,
>(definition: SourceDefinition<Schema, Rules, Metric>): SourceDefinition<Schema, Rules, Metric> {
  return definition;
}
