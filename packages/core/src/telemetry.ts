// What packages and plugins log and count with; the app decides where it goes.

/** Values that may stand beside a log line or a metric: short, bounded, never a secret, never a sender's text. */
export type LogAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** `event` is a fixed dotted name (`destination.paused`); what varies goes into `facts`. */
export interface Logger {
  debug(event: string, attributes?: LogAttributes): void;
  info(event: string, attributes?: LogAttributes): void;
  warn(event: string, attributes?: LogAttributes): void;
  error(event: string, attributes?: LogAttributes): void;
}

/** What a metric means: for /metrics, for OTLP and for the reference. */
export interface MetricDescription {
  readonly help: string;
  /** As in UCUM; in braces what is counted, in the singular; left out where it is no amount. */
  readonly unit?: string;
  /** Labels in Prometheus. */
  readonly attributes?: readonly string[];
}

/** Metrics by name. A package declares its own beside the code that counts, a plugin in its definition. */
export type MetricTable<Name extends string = string> = Readonly<Record<Name, MetricDescription>>;

/** One gauge as it is now. */
export interface GaugeReading<Name extends string = string> {
  readonly name: Name;
  readonly value: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Counts what is declared: a name that is not does not compile. */
export interface Meter<Name extends string = string> {
  /** Attribute values come from configuration or from code, never from a payload. */
  readonly add: (name: Name, value: number, attributes?: Readonly<Record<string, string>>) => void;
}
