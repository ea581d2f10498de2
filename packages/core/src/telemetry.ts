// The logger and the meter of packages and plugins. The application decides where their output goes.

/** Key/values of a log line: short values, never a secret, never text of a sender. */
export type LogAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * `event` is a fixed name, `area.noun_verb` (`destination.paused`): one name for each cause. Variable values belong in
 * `attributes`. Log what an operator must know; the connector itself logs failed batches, dead letters and pauses.
 */
export interface Logger {
  debug(event: string, attributes?: LogAttributes): void;
  info(event: string, attributes?: LogAttributes): void;
  warn(event: string, attributes?: LogAttributes): void;
  error(event: string, attributes?: LogAttributes): void;
}

/** The description of a metric in /metrics, OTLP and the reference. */
export interface MetricDescription {
  readonly help: string;
  /** UCUM unit (`By`), or the counted thing in braces and in the singular (`{event}`). Omit it for states. */
  readonly unit?: string;
  /** Names of the attributes (labels in Prometheus). */
  readonly attributes?: readonly string[];
}

/** Metrics by name. A plugin declares its metrics in its definition. */
export type MetricTable<Name extends string = string> = Readonly<Record<Name, MetricDescription>>;

/** The current value of a gauge. */
export interface GaugeReading<Name extends string = string> {
  readonly name: Name;
  readonly value: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Adds to declared counters. An undeclared name does not compile. */
export interface Meter<Name extends string = string> {
  /** Attribute values must come from the configuration or from code, never from a payload: their number must stay small. */
  readonly add: (name: Name, value: number, attributes?: Readonly<Record<string, string>>) => void;
}

/** Adds `bound` to every log line. A caller cannot replace these attributes. */
export function boundLogger(log: Logger, bound: LogAttributes): Logger {
  const withBound = (attributes: LogAttributes = {}): LogAttributes => ({ ...bound, ...attributes, ...bound });
  return {
    debug: (event, attributes) => log.debug(event, withBound(attributes)),
    info: (event, attributes) => log.info(event, withBound(attributes)),
    warn: (event, attributes) => log.warn(event, withBound(attributes)),
    error: (event, attributes) => log.error(event, withBound(attributes)),
  };
}
