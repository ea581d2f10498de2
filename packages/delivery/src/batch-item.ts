// Makes the items of a batch from events that all destinations share.
import type { BatchItem } from '@xiq-siem/core';
import type { PreparedEvent } from './shared-bodies.ts';

function freeze(value: object): void {
  Object.freeze(value);
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) freeze(inner);
  }
}

/** The document is frozen when a plugin first reads it, because freezing is slow and most plugins only need the JSON. */
export function batchItem(event: PreparedEvent, index: number): BatchItem {
  const { id, dataset, timeMs, json } = event;
  return {
    ...{ index, id, dataset, timeMs, json },
    get document() {
      if (!Object.isFrozen(event.document)) freeze(event.document);
      return event.document;
    },
  };
}
