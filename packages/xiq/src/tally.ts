// What was met in a body, for the meters: counted once a body rather than once an event.

export interface Tally {
  /** By dataset; those that could not be read are events too. */
  readonly events: Map<string, number>;
  /** By code. */
  readonly pipelineErrors: Map<string, number>;
  emptyBodies: number;
}

export const newTally = (): Tally => ({ events: new Map(), pipelineErrors: new Map(), emptyBodies: 0 });

export function count(counter: Map<string, number>, key: string): void {
  counter.set(key, (counter.get(key) ?? 0) + 1);
}
