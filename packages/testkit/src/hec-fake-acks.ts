// Indexer acknowledgement of the HEC fake: ids count from 0 on each channel, and each is acknowledged once.

export interface HecFakeAcks {
  /** Returns the id of the next request on a channel. */
  next(channel: string): number;
  /** The state of these ids. A `true` is returned once. */
  ask(channel: string, ackIds: readonly number[]): Record<string, boolean>;
  /** While off, no id is acknowledged. */
  setIndexing(on: boolean): void;
  /** Resets all channels, as a restart does. */
  forget(): void;
}

export function createHecFakeAcks(): HecFakeAcks {
  const channels = new Map<string, { next: number; readonly pending: Set<number> }>();
  let isIndexing = true;
  const channelOf = (name: string) => {
    const channel = channels.get(name) ?? { next: 0, pending: new Set<number>() };
    channels.set(name, channel);
    return channel;
  };
  return {
    next(name) {
      const channel = channelOf(name);
      const ackId = channel.next++;
      channel.pending.add(ackId);
      return ackId;
    },
    ask(name, ackIds) {
      const { pending } = channelOf(name);
      return Object.fromEntries(ackIds.map((ackId) => [String(ackId), isIndexing && pending.delete(ackId)]));
    },
    setIndexing(on) {
      isIndexing = on;
    },
    forget: () => channels.clear(),
  };
}
