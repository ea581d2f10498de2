// What telemetry is given.
import type { Logger } from '@xiq-siem/core';
import type { Gauges } from './ask-gauges.ts';
import type { Counters } from './counters.ts';
import type { OtlpOptions } from './otlp-exporter.ts';

export interface TelemetryOptions {
  readonly counters: Counters;
  /** Asked whenever metrics are collected, once at a time. */
  readonly gauges: Gauges;
  readonly resource: { readonly name: string; readonly version: string; readonly instanceId: string };
  readonly otlp?: OtlpOptions | undefined;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
