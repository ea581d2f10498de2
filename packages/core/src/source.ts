// The contract of a source: who may send, and what a sent body means.
import type { z } from 'zod';
import type { StoredBody } from './body.ts';
import type { EcsDocument } from './ecs.ts';
import type { FieldDefinition } from './fields.ts';
import type { Secret } from './secret.ts';
import type { Logger, Meter, MetricTable } from './telemetry.ts';

/** What may be looked at to authenticate a request; `bytes` are as they came over the wire, before any decoding. */
export interface AuthenticationRequest {
  /** A header's value, by lower-case name. */
  header(name: string): string | undefined;
  readonly bytes: Uint8Array;
}

/** `form` names how the sender authenticated (bounded: a code of the source, never a value). */
export type AuthenticationVerdict = { readonly ok: true; readonly form: string } | { readonly ok: false };

/** A field of a sender's that no mapping knows: where it stands and what it is, never what it holds. */
export interface UnmappedField {
  readonly messageType: string;
  /** Dotted, `[]` for any element of an array; a name that could be a value of somebody's stands as `*`. */
  readonly path: string;
  readonly type: 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';
}

/** One element of a body, normalized. */
export interface NormalizedEvent {
  /** Number of the element within its body, by JSON structure alone: the same under every mapping. */
  readonly element: number;
  /** `event.id`: the same on every resend and replay. */
  readonly id: string;
  /** `event.dataset`. */
  readonly dataset: string;
  /** `@timestamp` in epoch milliseconds. */
  readonly timeMs: number;
  readonly document: EcsDocument;
  /** Why no destination is to be sent it, as a code: it counts as filtered everywhere. */
  readonly filtered?: 'duplicate_of_backfill';
}

export interface Source {
  /**
   * What decides: `headers` alone (a refused sender's body is then never kept in memory; `bytes` are empty), or the
   * body's raw `bytes` too (a signature).
   */
  readonly authenticatesBy: 'headers' | 'bytes';
  /** Whether a URL may name this message type. False leads to 404. */
  accepts(messageType: string): boolean;
  /** Compares in constant time, whatever is sent; never throws. */
  authenticate(request: AuthenticationRequest, secrets: readonly Secret[]): AuthenticationVerdict;
  /**
   * The events of a body, in order, lazily. Pure but for `ingestedAtMs`; never throws: what it cannot read becomes an
   * event of kind `pipeline_error` that holds the raw text.
   */
  normalize(body: StoredBody, ingestedAtMs: number): Iterable<NormalizedEvent>;
  /** The fields of a body that no mapping knows, lazily, one for each time that one is met. Never throws. */
  unmapped?(body: StoredBody): Iterable<UnmappedField>;
}

/** Who we are: stands as `agent.*` in every document. */
export interface AgentIdentity {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

/** What every source counts, beside the metrics that its definition declares. */
export const sourceMetrics = {
  events: { help: 'Events that were normalized.', unit: '{event}', attributes: ['dataset'] },
  empty_bodies: { help: 'Bodies that held no event: [].', unit: '{body}' },
  pipeline_errors: {
    help: 'Events that could not be read as what they should be; they are delivered whole as pipeline_error.',
    unit: '{event}',
    attributes: ['code'],
  },
} as const satisfies MetricTable;

/** `Metric`: names of the metrics that the definition declares. */
export interface SourceContext<Metric extends string = never> {
  /** Name of this source in the configuration. */
  readonly name: string;
  readonly agent: AgentIdentity;
  readonly log: Logger;
  readonly meter: Meter<Metric | keyof typeof sourceMetrics>;
}

/** The operator's own additions to a mapping, checked. `version` changes with their content. */
export interface OperatorMapping<Rules = unknown> {
  readonly version: string;
  readonly rules: Rules;
}

export interface SourceDefinition<
  Schema extends z.ZodType = z.ZodType,
  Rules extends z.ZodType = z.ZodType,
  Metric extends string = string,
> {
  /** What `type:` names in the configuration. */
  readonly type: string;
  /** The source's own keys; `type`, `secrets` and the rest of the frame belong to the app. */
  readonly configSchema: Schema;
  /** Every field beside ECS that its documents can hold, for the destinations' mappings. */
  readonly fields: readonly FieldDefinition[];
  /** As a destination's: exported as `xiq_siem.source.<name>`, with the attribute `source`. */
  readonly metrics?: MetricTable<Metric>;
  /** What a mapping file of the operator's may hold, for a type that takes one. */
  readonly mappingSchema?: Rules;
  /** How its documents name the mapping that made them; `operators` is the version of the operator's own, where it has one. */
  mappingVersion?(operators: string | undefined): string;
  /** `mapping` only where one is configured and the type has a `mappingSchema`. */
  create(config: z.output<Schema>, context: SourceContext<Metric>, mapping?: OperatorMapping<z.output<Rules>>): Source;
}

/** Declares a source. It is given its checked configuration, and a wrong shape does not compile. */
export function defineSource<
  Schema extends z.ZodType,
  Rules extends z.ZodType = z.ZodType,
  const Metric extends string = never,
>(definition: SourceDefinition<Schema, Rules, Metric>): SourceDefinition<Schema, Rules, Metric> {
  return definition;
}
