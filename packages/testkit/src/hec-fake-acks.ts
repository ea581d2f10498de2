// Indexer acknowledgement of the HEC fake: ids count from 0 on each channel, and each is acknowledged once.

export interface HecFakeAcks {
  /** Returns the id of the next request on a channel. */
  next(channel: string): number;
  /** The state of these ids. A `true` is returned once. */
  ask(channel: string, ackIds: readonly number[]): Record<string, boolean>;
  /** While off, no id is acknowledged. */
  setIndexing(on: boolean): void;
  /** Acknowledges an id only this many milliseconds after its request. Default: 0. */
  setDelay(ms: number): void;
  /** Resets all channels, as a restart does. */
  forget(): void;
}

export function createHecFakeAcks(): HecFakeAcks {
  const channels = new Map<string, { next: number; readonly pending: Map<number, number> }>();
  let isIndexing = true;
  let delayMs = 0;
  const channelOf = (name: string) => {
    const channel = channels.get(name) ?? { next: 0, pending: new Map<number, number>() };
    channels.set(name, channel);
    return channel;
  };
  return {
    next(name) {
      const channel = channelOf(name);
      const ackId = channel.next++;
      channel.pending.set(ackId, performance.now());
      return ackId;
    },
    ask(name, ackIds) {
      const { pending } = channelOf(name);
      const isIndexed = (ackId: number) => {
        const sentMs = pending.get(ackId);
        return isIndexing && sentMs !== undefined && performance.now() - sentMs >= delayMs && pending.delete(ackId);
      };
      return Object.fromEntries(ackIds.map((ackId) => [String(ackId), isIndexed(ackId)]));
    },
    setIndexing(on) {
      isIndexing = on;
    },
    setDelay(ms) {
      delayMs = ms;
    },
    forget: () => channels.clear(),
  };
}
