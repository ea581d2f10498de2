// For tests: reads /readyz of a running connector.
import { z } from 'zod';
import type { RunningConnector } from './connector-process.ts';
import { requestJson } from './http-json.ts';

const counters = z.object({
  normalized: z.int(),
  delivered: z.int(),
  degraded: z.int(),
  duplicate: z.int(),
  deadLettered: z.int(),
  filtered: z.int(),
  damaged: z.int(),
});
export type Counters = z.output<typeof counters>;

const gap = z.object({
  destination: z.string(),
  fromSequence: z.int(),
  toSequence: z.int(),
  bodies: z.int(),
  bytes: z.int(),
});
const readiness = z.object({
  status: z.string(),
  reasons: z.array(z.string()),
  journal: z.object({
    firstSequence: z.int(),
    nextSequence: z.int(),
    bytes: z.int(),
    lost: z.array(z.object({ reason: z.string() })),
    evicted: z.array(gap),
  }),
  destinations: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      reason: z.string().optional(),
      lagBodies: z.int(),
      open: z.int(),
      possibleDuplicates: z.int(),
      pluginFaults: z.int(),
      counters,
    }),
  ),
});

export type Readyz = z.output<typeof readiness>;
export type DestinationInformation = Readyz['destinations'][number];

/** Accepts 200 and 503. */
export async function readyz({ adminUrl }: RunningConnector): Promise<Readyz> {
  return readiness.parse(await requestJson(`${adminUrl}/readyz`, 'GET', undefined, [503]));
}

export async function destinationOf(connector: RunningConnector, name: string): Promise<DestinationInformation> {
  const found = (await readyz(connector)).destinations.find((destination) => destination.name === name);
  if (found === undefined) throw new Error(`readyz knows no destination ${name}`);
  return found;
}

/** Names of the destinations with unsettled bodies or open events. */
export async function laggingDestinations(connector: RunningConnector): Promise<readonly string[]> {
  const { destinations } = await readyz(connector);
  return destinations.flatMap(({ name, lagBodies, open }) => (lagBodies > 0 || open > 0 ? [name] : []));
}

/** The accounting mismatch: 0 where no events are open. */
export function unaccounted({ normalized, delivered, deadLettered, filtered, damaged }: Counters): number {
  return normalized - delivered - deadLettered - filtered - damaged;
}
