// For tests: logged and stored events, their delivery states, and a proof of one hour.
import { hash } from 'node:crypto';
import type { EventSummary } from '../rest/log-reader.ts';
import type { DeliveryState, DestinationRecord, ProofInput, StoredEvent, XiqHour } from './proof.ts';
import { proveCompleteness } from './prove-completeness.ts';

export const hour = 3_600_000;
export const T = Date.UTC(2026, 0, 1);
export const audit = 'AUDIT_LOG_ALL';

export const idOf = (name: string): string => `1${hash('sha1', name, 'hex')}`;
export const event = (name: string, timeMs = T + 1, user = 'admin'): EventSummary => ({
  id: idOf(name),
  timeMs,
  user,
  action: 'admin-login',
});
export const storedOf = (...events: readonly EventSummary[]): ReadonlyMap<string, StoredEvent> =>
  new Map(events.map((summary) => [summary.id, { ...summary, timeMs: summary.timeMs ?? T, messageType: audit }]));
export const xiqOf = (hours: readonly (readonly [number, XiqHour])[], type = audit): ProofInput['xiq'] =>
  new Map([[type, new Map(hours)]]);
export const destination = (states: Readonly<Record<string, DeliveryState>>, name = 'elastic'): DestinationRecord => {
  const byId = new Map(Object.entries(states).map(([event, state]) => [idOf(event), state]));
  return { name, assurance: 'indexed', stateOf: (id) => byId.get(id) };
};

export const prove = (input: Partial<ProofInput>) =>
  proveCompleteness({
    types: [audit],
    fromMs: T,
    toMs: T + hour,
    xiq: new Map(),
    kept: new Map(),
    destinations: [],
    ...input,
  });
export const onlyCell = (input: Partial<ProofInput>) => {
  const proof = prove(input);
  const [cell] = proof.cells;
  if (cell === undefined || proof.cells.length !== 1) throw new Error(`${proof.cells.length} cells`);
  return { ...cell, overall: proof.state };
};
