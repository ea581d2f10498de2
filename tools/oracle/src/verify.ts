// Compares what was sent with what arrived, and with what the connector says about the rest.
import type { DeadLetterEntry, Status } from '@xiq-siem/admin-api';
import type { Arrived } from './arrivals.ts';
import { counterFindings, evictedAt } from './counters.ts';
import type { FakeDestination } from './destinations/destination.ts';
import { type Disturbance, evaluateCopies } from './duplicates.ts';
import type { Finding } from './findings.ts';
import { type Ledger, markerIn, type SentElement, sequenceOf } from './ledger.ts';

export interface ConnectorState {
  readonly status: Status;
  readonly deadLetters: readonly DeadLetterEntry[];
}

/** An owed event that is not at its destination, and that no dead letter and no gap explains. */
export interface Missing {
  readonly destination: string;
  readonly hash: string;
  readonly sent: SentElement;
}

/** Where owed events are, by destination. */
export interface Whereabouts {
  readonly delivered: number;
  readonly deadLettered: number;
  readonly parked: number;
  readonly evicted: number;
  readonly missing: readonly Missing[];
}

export function whereaboutsAt(destination: FakeDestination, ledger: Ledger, state: ConnectorState): Whereabouts {
  const { name, arrivals } = destination;
  const letters = new Map<string, 'parked' | 'deadLettered'>(
    state.deadLetters.flatMap(({ destination, receipt, element, parked }) =>
      destination === name ? [[`${receipt} ${element}`, parked ? 'parked' : 'deadLettered'] as const] : [],
    ),
  );
  const isEvicted = evictedAt(name, state.status.gaps);
  const missing: Missing[] = [];
  const counts = { delivered: 0, deadLettered: 0, parked: 0, evicted: 0 };
  for (const [hash, sent] of ledger.sent) {
    const { receipts, element } = sent;
    if (receipts.length === 0) continue;
    const letter = letters.get(
      receipts.map((receipt) => `${receipt} ${element}`).find((key) => letters.has(key)) ?? '',
    );
    if (arrivals.has(hash)) counts.delivered += 1;
    else if (letter !== undefined) counts[letter] += 1;
    else if (receipts.some((receipt) => isEvicted(sequenceOf(receipt)))) counts.evicted += 1;
    else missing.push({ destination: name, hash, sent });
  }
  return { ...counts, missing };
}

/** Findings about everything that is at a destination. */
export function arrivalFindings(
  destinations: readonly FakeDestination[],
  ledger: Ledger,
  disturbances: readonly Disturbance[],
  state: ConnectorState,
  reset: ReadonlySet<string>,
  missing: readonly Missing[],
): readonly Finding[] {
  return destinations.flatMap((destination) => {
    const { name, arrivals } = destination;
    const elements = arrivals.elements();
    const { wrong, unconfirmed } = evaluateCopies(elements, name, disturbances);
    const possible = state.status.destinations.find((one) => one.name === name)?.possibleDuplicates ?? 0;
    return [
      ...strangers(elements, ledger),
      ...wrong.map(({ element, at }) => ({
        kind: 'duplicate' as const,
        text: `${element.text}: a copy at ${seconds(at)} after a confirmed one (${copyTimes(element)})`,
      })),
      ...(unconfirmed <= possible
        ? []
        : [
            {
              kind: 'counters' as const,
              text: `${unconfirmed} copies after unclear answers, but possibleDuplicates is ${possible}`,
            },
          ]),
      ...counterFindings(destination, ledger, state.status, reset.has(name), receiptsOf(missing, name)),
    ].map((finding) => ({ ...finding, destination: name }));
  });
}

const receiptsOf = (missing: readonly Missing[], name: string): number =>
  missing.reduce((sum, { destination, sent }) => sum + (destination === name ? sent.receipts.length : 0), 0);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const copyTimes = ({ copies }: Arrived): string =>
  copies
    .map(
      ({ at, confirmedAt }) => `${seconds(at)} confirmed ${confirmedAt === undefined ? 'never' : seconds(confirmedAt)}`,
    )
    .join('; ');

/** Events that nobody sent, or whose text nobody sent. */
function strangers(elements: readonly Arrived[], { sent }: Ledger): readonly Finding[] {
  const markers = new Set([...sent.values()].map(({ marker }) => marker));
  return elements.flatMap(({ hash, text, isHealthEvent, receipt }) => {
    if (isHealthEvent || sent.has(hash)) return [];
    const kind = markers.has(markerIn(text) ?? '') ? 'changed' : 'ghost';
    return [{ kind, text: `${text} (receipt ${receipt})` } as const];
  });
}

/** One element with two ids, or one id for two elements, at all destinations together. */
export function idFindings(destinations: readonly FakeDestination[]): readonly Finding[] {
  const ids = new Map<string, string>();
  const hashes = new Map<string, string>();
  return destinations.flatMap(({ name, arrivals }) =>
    arrivals.elements().flatMap(({ id, hash, text }) => {
      const [otherId, otherHash] = [ids.get(hash) ?? id, hashes.get(id) ?? hash];
      ids.set(hash, otherId);
      hashes.set(id, otherHash);
      if (otherId === id && otherHash === hash) return [];
      return [{ kind: 'mislabel', destination: name, text: `${text} has the ids ${otherId} and ${id}` } as const];
    }),
  );
}
