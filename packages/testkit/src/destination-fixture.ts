// The fixture of the conformance rules: a destination, sample events, and waits with a time limit.
import { createHash } from 'node:crypto';
import {
  type Batch,
  type BatchItem,
  type Destination,
  type DestinationDefinition,
  ecsDocument,
  type Verdict,
} from '@xiq-siem/core';
import {
  type Capability,
  type DestinationHarness,
  type DestinationUnderTest,
  isNotApplicable,
} from './destination-harness.ts';
import { createRecordingLogger, createRecordingMeter, type MeterAddition, type RecordingLogger } from './recording.ts';

export interface DestinationFixture {
  readonly definition: DestinationDefinition;
  readonly harness: DestinationHarness;
  readonly log: RecordingLogger;
  /** All additions to its counters. */
  counted(): readonly MeterAddition[];
  /** Creates a destination. It is closed when the rule ends. */
  create(): Promise<Destination>;
}

/** Time limit for operations that should end at once, in milliseconds. */
export const boundMs = 5_000;

/** Runs a rule with a new server, and cleans up. */
export async function withDestinationFixture(
  { definition, start }: DestinationUnderTest,
  rule: (fixture: DestinationFixture) => Promise<unknown>,
): Promise<void> {
  const log = createRecordingLogger();
  const meter = createRecordingMeter();
  const harness = await start({ log, meter });
  const created: Destination[] = [];
  const fixture: DestinationFixture = {
    definition,
    harness,
    log,
    counted: () => meter.additions,
    async create() {
      const config = definition.configSchema.parse(harness.config);
      const destination = await inTime(definition.create(config, harness.context), 'create()');
      created.push(destination);
      return destination;
    },
  };
  try {
    await rule(fixture);
  } finally {
    for (const destination of created) await inTime(closeDestination(destination), 'close()').catch(() => {});
    await harness.stop();
  }
}

async function closeDestination(destination: Destination): Promise<void> {
  await destination.close?.();
}

/** Resolves as `work` does. Rejects after the time limit. */
export async function inTime<Result>(work: Promise<Result>, what: string, ms = boundMs): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until a condition is true. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + boundMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`${what}: not true after ${boundMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const noSignal = new AbortController().signal;

/** An event id, the same for the same name. */
export function sampleId(name: string): string {
  return `1${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}

export const sampleDataset = 'extreme_xiq.audit';

/** A batch of audit events with the ids of these names. `others`: names of other data sets, by event name. */
export function sampleBatch(names: readonly string[], others: Readonly<Record<string, string>> = {}): Batch {
  return { items: names.map((name, index) => sampleItem(name, index, others[name] ?? sampleDataset)) };
}

export function manyNames(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

function sampleItem(name: string, index: number, dataset: string): BatchItem {
  const id = sampleId(name);
  const timeMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678) + index;
  const document = ecsDocument(
    {
      '@timestamp': new Date(timeMs).toISOString(),
      message: `Conformance event ${name}: "quotes", ümläut, \u2028 and a line\nend`,
      'data_stream.type': 'logs',
      'data_stream.dataset': dataset,
      'data_stream.namespace': 'default',
      'ecs.version': '9.4.0',
      'event.id': id,
      'event.kind': 'event',
      'event.module': 'extreme_xiq',
      'event.dataset': dataset,
      'event.category': ['configuration'],
      'event.type': ['change'],
      'event.created': new Date(timeMs).toISOString(),
      'organization.name': 'Conformance',
      'user.name': 'tester',
    },
    { extreme: { xiq: { receipt: `r1_${name}` } } },
  );
  return { index, id, dataset, timeMs, document, json: JSON.stringify(document) };
}

/** Freezes an object and all its members, so that code that changes it throws. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

/** The verdicts of a report by index; empty if the report has one result for the whole batch. */
export function verdictsOf(report: Awaited<ReturnType<Destination['deliver']>>): ReadonlyMap<number, Verdict> {
  return new Map('items' in report ? report.items.map((item) => [item.index, item]) : []);
}

/** Returns a capability that the rule needs. Throws if there is none. */
export function requireCapability<Able extends object>(capability: Capability<Able> | undefined): Able {
  if (capability === undefined) throw new Error('not applicable: omitted');
  if (isNotApplicable(capability)) throw new Error(`not applicable: ${capability.notApplicable}`);
  return capability;
}
