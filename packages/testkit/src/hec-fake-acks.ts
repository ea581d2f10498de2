// Indexer acknowledgement as a HEC keeps it: ids counting from 0 on each channel, each told once.

export interface HecFakeAcks {
  /** The id of the next request on a channel. */
  next(channel: string): number;
  /** What is known of these ids; a `true` is forgotten once it was told. */
  ask(channel: string, ackIds: readonly number[]): Record<string, boolean>;
  /** While off, nothing is acknowledged. */
  setIndexing(on: boolean): void;
  /** All channels begin anew, as after a restart. */
  forget(): void;
}

export function createHecFakeAcks(): HecFakeAcks {
  const channels = new Map<string, { next: number; readonly untold: Set<number> }>();
  let isIndexing = true;
  const channelOf = (name: string) => {
    const channel = channels.get(name) ?? { next: 0, untold: new Set<number>() };
    channels.set(name, channel);
    return channel;
  };
  return {
    next(name) {
      const channel = channelOf(name);
      const ackId = channel.next++;
      channel.untold.add(ackId);
      return ackId;
    },
    ask(name, ackIds) {
      const { untold } = channelOf(name);
      return Object.fromEntries(ackIds.map((ackId) => [String(ackId), isIndexing && untold.delete(ackId)]));
    },
    setIndexing(on) {
      isIndexing = on;
    },
    forget: () => channels.clear(),
  };
}
