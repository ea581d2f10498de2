// Stores events by account and type in order of time, for the REST logs and for ground truth.
import { type SentType, sentTypes } from '../../message-types.ts';
import type { SimulatedEvent, StoredEvent } from '../simulated-event.ts';

export interface Span {
  /** Epoch ms, inclusive. */
  readonly from?: number | undefined;
  /** Epoch ms, inclusive. */
  readonly to?: number | undefined;
}

export interface EventQuery extends Span {
  readonly account?: string | undefined;
  readonly types?: readonly SentType[] | undefined;
}

export interface EventStore {
  /** Evicts the oldest event of its account and type beyond `maxEvents`. */
  add(event: StoredEvent): void;
  /** By time, then by creation. */
  find(query: EventQuery): readonly SimulatedEvent[];
  count(): number;
  /** Number of evicted events. */
  forgotten(): number;
  clear(): void;
}

/** `maxEvents` applies to each account and type. */
export function createEventStore(maxEvents: number): EventStore {
  const lists = new Map<string, StoredEvent[]>();
  let forgotten = 0;

  function listOf(account: string, type: SentType): StoredEvent[] {
    const key = `${type} ${account}`;
    const list = lists.get(key) ?? [];
    lists.set(key, list);
    return list;
  }

  function spanOf(list: readonly StoredEvent[], { from, to }: Span): readonly StoredEvent[] {
    const begin = from === undefined ? 0 : firstAtOrAfter(list, from);
    return list.slice(begin, to === undefined ? list.length : firstAtOrAfter(list, to + 1));
  }

  return {
    add: function addEvent(event) {
      const list = listOf(event.account, event.messageType);
      list.splice(firstAtOrAfter(list, event.timeMs + 1), 0, event);
      if (list.length <= maxEvents) return;
      list.shift();
      forgotten += 1;
    },
    find: function findEvents({ account, types = sentTypes, ...span }) {
      const wanted = [...lists].filter(([key]) => {
        const [type, ...name] = key.split(' ');
        return types.some((one) => one === type) && (account === undefined || account === name.join(' '));
      });
      const found = wanted.flatMap(([, list]) => spanOf(list, span));
      return wanted.length < 2 ? found : found.sort((a, b) => a.timeMs - b.timeMs || a.sequence - b.sequence);
    },
    count: () => [...lists.values()].reduce((sum, list) => sum + list.length, 0),
    forgotten: () => forgotten,
    clear: function clearEvents() {
      lists.clear();
      forgotten = 0;
    },
  };
}

/** Index of the first event at `timeMs` or later; the length of the list where there is none. */
function firstAtOrAfter(list: readonly StoredEvent[], timeMs: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle]?.timeMs ?? 0) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
