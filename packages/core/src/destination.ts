// The contract of a destination: a batch in, a verdict for every event out.
import type { Agent } from 'node:http';
import type { z } from 'zod';
import type { EcsDocument } from './ecs.ts';
import type { FieldDefinition } from './fields.ts';
import type { SecretReference, SecretSource } from './secret.ts';
import type { Logger, Meter, MetricTable } from './telemetry.ts';

/** One event of a batch. `index` is its place in the batch: two items of one batch may share an `id` (a resend). */
export interface BatchItem {
  readonly index: number;
  readonly id: string;
  readonly dataset: string;
  /** `@timestamp` in epoch milliseconds. */
  readonly timeMs: number;
  readonly document: EcsDocument;
  /** `document` as JSON on one line, without a line end; made once and shared by all destinations. */
  readonly json: string;
}

export interface Batch {
  readonly items: readonly BatchItem[];
}

interface Fault<Code extends string> {
  /** From the destination's declared list, so that counters stay bounded. */
  readonly code: Code;
  /** The other side's own words. They are bounded and cleared of secrets before anyone sees them. */
  readonly message?: string;
}

/** What became of one event. */
export type Verdict<Code extends string = string> =
  /** It is there. `duplicate`: it was there already. `degraded`: there, but not as it should be. */
  | { readonly verdict: 'delivered'; readonly duplicate?: true; readonly degraded?: Code }
  /** It is not there, and another attempt may succeed. */
  | ({ readonly verdict: 'retry' } & Fault<Code>)
  /** It is not there, and no attempt will succeed: it goes to the dead letters. */
  | ({ readonly verdict: 'rejected' } & Fault<Code>)
  /** It is not there, and a person has to mend something first: sent again for ever, never counted towards giving up. */
  | ({ readonly verdict: 'blocked' } & Fault<Code>)
  /** It may be there: it is sent again, and what comes of that is counted as a possible duplicate. */
  | ({ readonly verdict: 'unknown' } & Fault<Code>);

export type ItemVerdict<Code extends string = string> = { readonly index: number } & Verdict<Code>;

/** Each index of the batch exactly once, or one word for the whole batch, of which then nothing was taken. */
export type DeliveryReport<Code extends string = string> =
  | { readonly items: readonly ItemVerdict<Code>[]; readonly slowDown?: true; readonly waitMs?: number }
  | ({
      /** `tooLarge`: send less at once. `unavailable`: come back. `misconfigured`: a person has to mend something. */
      readonly batch: 'tooLarge' | 'unavailable' | 'misconfigured';
      readonly slowDown?: true;
      readonly waitMs?: number;
    } & Fault<Code>);

/** What a `delivered` is worth: searchable there, on disk there, or merely taken. */
export type Assurance = 'indexed' | 'stored' | 'accepted';

/** The answer to "would you take events now?": `message` is for a person. */
export type CheckResult =
  | { readonly ok: true; readonly message: string }
  | { readonly ok: false; readonly message: string };

/** One event to look for at the other side. */
export interface EventToFind {
  readonly id: string;
  readonly dataset: string;
  /** `@timestamp` in epoch milliseconds. */
  readonly timeMs: number;
}

/** Whether an event is there now; `message` says to a person where it was looked for. */
export interface FindResult {
  readonly found: boolean;
  readonly message: string;
}

export interface Destination<Code extends string = string> {
  /** Where the configuration changes what a `delivered` is worth: holds instead of the definition's. */
  readonly assurance?: Assurance;
  /**
   * Sends a batch and says what became of it. Expected failure is returned; a throw is a bug of the plugin's, counted,
   * and the batch is sent again. No retries of its own. `signal` fires at the time limit (its reason is then a
   * TimeoutError) or at shutdown.
   */
  deliver(batch: Batch, signal: AbortSignal): Promise<DeliveryReport<Code>>;
  /** Asks the destination whether it would take events, without sending one. */
  check?(signal: AbortSignal): Promise<CheckResult>;
  /** Looks once for an event that was delivered, where the other side can be searched. A throw says why it could not. */
  find?(event: EventToFind, signal: AbortSignal): Promise<FindResult>;
  /** Lets go of connections and files. Called once, after the last `deliver` has ended. */
  close?(): Promise<void>;
}

/** TLS of one destination, as PEM text. */
export interface AgentTls {
  /** Authorities to trust instead of the system's and the global `caFile`. */
  readonly ca?: string;
  /** Our own certificate and its key, where the other side asks for them. */
  readonly cert?: string;
  readonly key?: string;
  /** False switches verification off: only ever by explicit configuration, and said in the log. */
  readonly rejectUnauthorized?: boolean;
}

/** `Metric`: names of the metrics that the definition declares. */
export interface DestinationContext<Metric extends string = never> {
  /** Name of this destination in the configuration. */
  readonly name: string;
  readonly log: Logger;
  readonly meter: Meter<Metric>;
  /** Epoch milliseconds. The only clock a plugin uses, so that tests can drive it. */
  now(): number;
  /** A configured path, absolute: relative ones are relative to the configuration file. */
  resolvePath(path: string): string;
  secret(reference: SecretReference): SecretSource;
  /**
   * Connections to `url`: kept alive, certificates verified against the system's authorities and the configured ones,
   * through the configured proxy. A destination opens no connection by any other way.
   */
  agent(url: URL, tls?: AgentTls): Agent;
  /** Every field that a document can hold: ECS and the sources' own. */
  readonly fields: readonly FieldDefinition[];
}

/** One thing that has to be there at the other side, and what `apply` would do about it. */
export interface SetupChange {
  readonly kind: 'create' | 'update' | 'unchanged';
  readonly name: string;
  /** Lines for a person: `+ path: value`, `- path: value`, `~ path: old -> new`. */
  readonly diff: readonly string[];
}

/** Makes the other side ready for our events. Both reject with a ConnectorError that says what is wrong. */
export interface DestinationSetup {
  /** What is there and what is not. Writes nothing. */
  plan(): Promise<readonly SetupChange[]>;
  /** Writes what is not as it should be; what is, is left alone. */
  apply(): Promise<void>;
}

export interface DestinationDefinition<
  Schema extends z.ZodType = z.ZodType,
  Code extends string = string,
  Metric extends string = string,
> {
  /** What `type:` names in the configuration. */
  readonly type: string;
  readonly assurance: Assurance;
  /** Every code its reports can name, `^[a-z][a-z0-9_]*$`. */
  readonly codes: readonly Code[];
  /**
   * Its own counters by name, `^[a-z][a-z0-9_]*$`: `lines_cut` is exported as `xiq_siem.destination.lines_cut`, with the
   * attribute `destination` beside the declared ones. A count with a name or an attribute that is not declared is refused.
   */
  readonly metrics?: MetricTable<Metric>;
  /** Batches that it can take at once, where that is bounded: 1 for what writes in order. */
  readonly maxInFlight?: number;
  /** The destination's own keys; `type`, `where` and the rest of the frame belong to the app. */
  readonly configSchema: Schema;
  create(config: z.output<Schema>, context: DestinationContext<Metric>): Promise<Destination<Code>>;
  /** For destinations that want something prepared at the other side: the command `xiq-siem setup`. */
  setup?(config: z.output<Schema>, context: DestinationContext<Metric>): Promise<DestinationSetup>;
}

/** Declares a destination. A report with a code, or a count with a name, that is not declared does not compile. */
export function defineDestination<
  Schema extends z.ZodType,
  const Code extends string,
  const Metric extends string = never,
>(definition: DestinationDefinition<Schema, Code, Metric>): DestinationDefinition<Schema, Code, Metric> {
  return definition;
}

/** The report of a batch of which every event is there. */
export function allDelivered(batch: Batch): DeliveryReport<never> {
  return { items: batch.items.map(({ index }) => ({ index, verdict: 'delivered' })) };
}
