// The contract of a destination plugin: it receives a batch and returns a verdict for each event.
import type { Agent } from 'node:http';
import type { z } from 'zod';
import type { EcsDocument } from './ecs.ts';
import type { FieldDefinition } from './fields.ts';
import type { SecretReference, SecretSource } from './secret.ts';
import type { Logger, Meter, MetricTable } from './telemetry.ts';

/** One event of a batch. */
export interface BatchItem {
  /** Position in the batch, from 0. Verdicts refer to it: two items of one batch may have the same `id`. */
  readonly index: number;
  /** `event.id`. It is the same in every resend and replay, so a server can use it to find duplicates. */
  readonly id: string;
  /** `event.dataset`. */
  readonly dataset: string;
  /** `@timestamp` in epoch milliseconds. */
  readonly timeMs: number;
  /** Frozen: all destinations share it. It is made ready when it is first read, so do not read it if `json` is enough. */
  readonly document: EcsDocument;
  /** `document` as JSON on one line, without a line break. */
  readonly json: string;
}

export interface Batch {
  readonly items: readonly BatchItem[];
}

interface Fault<Code extends string> {
  /** One of the `codes` that the plugin declares in its DestinationDefinition. */
  readonly code: Code;
  /** The server's message. The connector shortens it and removes configured secrets before it shows or stores it. */
  readonly message?: string;
}

/** The result of one delivery attempt for one event. */
export type Verdict<Code extends string = string> =
  /**
   * The server has the event. `duplicate`: the server had it before this attempt. `degraded`: the server stored it in
   * part or in another place; the code says why.
   */
  | { readonly verdict: 'delivered'; readonly duplicate?: true; readonly degraded?: Code }
  /**
   * The server does not have the event, and another attempt may succeed. The event is sent again after a delay. It becomes
   * a dead letter after 20 failures while other events are delivered, or after the retry timeout (`giveUpAfterHours`).
   */
  | ({ readonly verdict: 'retry' } & Fault<Code>)
  /**
   * The server does not have the event, and no attempt can succeed. The event becomes a dead letter. Exception: in a
   * rejection burst (most events of three batches in a row, with one code), and until the destination has taken an event
   * under its present settings, the destination is paused, and the events are sent again.
   */
  | ({ readonly verdict: 'rejected' } & Fault<Code>)
  /**
   * The server does not have the event, and an operator must fix something first. The event is sent again without limit:
   * this verdict alone never makes it a dead letter.
   */
  | ({ readonly verdict: 'blocked' } & Fault<Code>)
  /**
   * The server may have the event: no answer came, or one that cannot be read. The event is sent again, with the limits of
   * `retry`, and each such attempt counts as a possible copy. After at least three reports in 30 seconds with no other
   * verdict the destination is paused, and probed with one event after 1, 2, 4, ... minutes, at most after an hour. Use the
   * code `timed_out` if a time limit of yours was over: then it is probed sooner, with a few events.
   */
  | ({ readonly verdict: 'unknown' } & Fault<Code>);

export type ItemVerdict<Code extends string = string> = { readonly index: number } & Verdict<Code>;

interface FlowControl {
  /** The server is overloaded: send smaller batches and fewer at a time. */
  readonly slowDown?: true;
  /** Milliseconds before the next batch, as the server asked (`Retry-After`). Values above one hour count as one hour. */
  readonly waitMs?: number;
}

/**
 * The result of `deliver`: either one verdict for each index of the batch, or one result for the whole batch. Use a batch
 * result only if the server stored none of these events.
 */
export type DeliveryReport<Code extends string = string> = FlowControl &
  (
    | { readonly items: readonly ItemVerdict<Code>[] }
    | ({
        /**
         * `tooLarge`: the batch is sent again in smaller batches; a single event that is too large is rejected.
         * `unavailable`: the batch is sent again after a delay. `misconfigured`: the destination is paused until an
         * operator fixes the problem; the connector tries again with a few events.
         */
        readonly batch: 'tooLarge' | 'unavailable' | 'misconfigured';
      } & Fault<Code>)
  );

/**
 * What `delivered` guarantees. `indexed`: the event is searchable. `stored`: the event is on the server's disk.
 * `accepted`: the server confirmed receipt, without a promise to store the event.
 */
export type Assurance = 'indexed' | 'stored' | 'accepted';

/**
 * Whether the destination would accept events now. An operator reads `message`. `warning`: something is wrong that does not
 * stop events.
 */
export type CheckResult =
  | { readonly ok: true; readonly message: string; readonly warning?: true }
  | { readonly ok: false; readonly message: string };

/** An event to search for on the server. */
export interface EventToFind {
  readonly id: string;
  readonly dataset: string;
  /** `@timestamp` in epoch milliseconds. */
  readonly timeMs: number;
}

/** Whether the server has the event now. `message` tells an operator where the plugin searched. */
export interface FindResult {
  readonly found: boolean;
  readonly message: string;
}

/** One call of `deliver`. */
export interface DeliveryAttempt {
  /**
   * The server has responded to the whole batch, and only waits to confirm it. The batch no longer counts towards
   * `maxInFlight`, so another one may be sent meanwhile.
   */
  onlyConfirmationLeft(): void;
}

export interface Destination<Code extends string = string> {
  /**
   * Replaces the definition's `assurance`, if the configuration or the server decides it. It is read again each time, so a
   * getter may return another value once the server has shown less than it promised.
   */
  readonly assurance?: Assurance;
  /**
   * For servers that confirm events long after they responded: the maximum of unsettled events and of their bytes of JSON.
   * Default: one batch more than `maxInFlight`.
   */
  readonly unconfirmed?: { readonly events: number; readonly bytes: number };
  /**
   * Sends a batch once and reports the result of each event. Return every expected failure; a thrown error counts as a
   * bug of the plugin, and the batch is sent again. Do not retry: the connector does. `signal` fires at the time limit of
   * the attempt (reason: TimeoutError) or at shutdown. End soon after.
   */
  deliver(batch: Batch, signal: AbortSignal, attempt?: DeliveryAttempt): Promise<DeliveryReport<Code>>;
  /** Checks whether the destination would accept events, without sending one. */
  check?(signal: AbortSignal): Promise<CheckResult>;
  /** Searches once for a delivered event. Throws a ConnectorError if the search itself fails. */
  find?(event: EventToFind, signal: AbortSignal): Promise<FindResult>;
  /**
   * Opens files again by their paths, as daemons do at SIGHUP: another program may have renamed them. Called at each reload
   * that does not change this destination, also during `deliver`. Resolve without waiting for `deliver`.
   */
  reopen?(): Promise<void>;
  /** Closes connections and files. Called once, after the last `deliver` has ended. */
  close?(): Promise<void>;
}

/** TLS of one destination, as PEM text. */
export interface AgentTls {
  /** Certificate authorities to trust instead of the system's and the global `caFile`. */
  readonly ca?: string;
  /** Client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
  /** False disables certificate verification. Set it only if the operator configured it, and log a warning. */
  readonly rejectUnauthorized?: boolean;
}

/** What the connector provides to one destination. `Metric`: names of the metrics that the definition declares. */
export interface DestinationContext<Metric extends string = never> {
  /** Name of the destination in the configuration. */
  readonly name: string;
  readonly log: Logger;
  readonly meter: Meter<Metric>;
  /** Epoch milliseconds. Use no other clock: tests replace it. */
  now(): number;
  /**
   * Whether files may be deleted because of their age. False while the wall clock may be wrong. Ask before each deletion.
   */
  mayDeleteByAge(): boolean;
  /** Makes a configured path absolute. A relative path is relative to the configuration file. */
  resolvePath(path: string): string;
  secret(reference: SecretReference): SecretSource;
  /**
   * Time limit of one `deliver` in milliseconds; its signal fires then. A library that has a time limit of its own for a
   * request needs a shorter one, or it never learns that a server does not answer.
   */
  readonly timeoutMs: number;
  /**
   * An HTTP agent for `url`. It keeps connections alive, uses the configured proxy, and verifies certificates against the
   * system's and the configured authorities. A destination must open its connections with it.
   */
  agent(url: URL, tls?: AgentTls): Agent;
  /** All fields that a document can have: ECS fields and the fields of the sources. */
  readonly fields: readonly FieldDefinition[];
}

/** An object that the destination needs on the server, and what `apply` would do with it. */
export interface SetupChange {
  readonly kind: 'create' | 'update' | 'unchanged';
  readonly name: string;
  /** Lines for an operator: `+ path: value`, `- path: value`, `~ path: old -> new`. */
  readonly diff: readonly string[];
}

/** Prepares the server for events, for example with index templates. Both functions reject with a ConnectorError. */
export interface DestinationSetup {
  /** Compares the server with the wanted state. Changes nothing. */
  plan(): Promise<readonly SetupChange[]>;
  /** Creates or updates every object that differs from the wanted state. */
  apply(): Promise<void>;
}

export interface DestinationDefinition<
  Schema extends z.ZodType = z.ZodType,
  Code extends string = string,
  Metric extends string = string,
> {
  /** The value of `type:` in the configuration. */
  readonly type: string;
  readonly assurance: Assurance;
  /** Every code that its reports can use, `^[a-z][a-z0-9_]*$`. One code for each cause. */
  readonly codes: readonly Code[];
  /** The codes of `degraded`, each with what an operator can do about it. */
  readonly degraded?: Readonly<Partial<Record<Code, string>>>;
  /**
   * The plugin's counters by name, `^[a-z][a-z0-9_]*$`. `files_deleted` is exported as `xiq_siem.destination.files_deleted`, with
   * the declared attributes and the attribute `destination`. The meter rejects undeclared names and attributes.
   */
  readonly metrics?: MetricTable<Metric>;
  /**
   * Maximum number of `deliver` calls at a time, for example 1 if order matters. The lower of this and the configured
   * `maxInFlight` applies.
   */
  readonly maxInFlight?: number;
  /** The keys of this type. The connector handles the keys that all destinations have, such as `type` and `where`. */
  readonly configSchema: Schema;
  create(config: z.output<Schema>, context: DestinationContext<Metric>): Promise<Destination<Code>>;
  /** For servers that must be prepared: used by the command `xiq-siem setup`. */
  setup?(config: z.output<Schema>, context: DestinationContext<Metric>): Promise<DestinationSetup>;
}

/** Declares a destination type. Undeclared codes and metric names do not compile. */
export function defineDestination<
  Schema extends z.ZodType,
  const Code extends string,
  const Metric extends string = never,
>(definition: DestinationDefinition<Schema, Code, Metric>): DestinationDefinition<Schema, Code, Metric> {
  return definition;
}

/** The report of a batch whose events are all delivered. */
export function allDelivered(batch: Batch): DeliveryReport<never> {
  return { items: batch.items.map(({ index }) => ({ index, verdict: 'delivered' })) };
}
