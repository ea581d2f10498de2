// The number of events in one request, after a server rejected some events and did not say which.

export interface RequestSize {
  /** Largest number of events in one request. */
  maxEvents(): number;
  /** The server accepted a whole request. */
  onAccepted(): void;
  /** The server rejected some events of a request and did not say which. */
  onPartlyRejected(): void;
  /** The server rejected all events of a request, so that each rejected event is known. */
  onRejected(): void;
}

const acceptedToGrow = 10;
const growthFactor = 10;
const unlimitedFrom = 1000;

/**
 * No limit at first. One event after a partial rejection, which identifies the rejected events. Ten times as many after
 * each ten accepted requests: otherwise one invalid event in a hundred would reject hundreds of valid events again.
 */
export function createRequestSize(): RequestSize {
  let maxEvents = Number.POSITIVE_INFINITY;
  let accepted = 0;
  return {
    maxEvents: () => maxEvents,
    onAccepted() {
      accepted++;
      if (accepted < acceptedToGrow) return;
      accepted = 0;
      maxEvents = maxEvents * growthFactor < unlimitedFrom ? maxEvents * growthFactor : Number.POSITIVE_INFINITY;
    },
    onPartlyRejected() {
      maxEvents = 1;
      accepted = 0;
    },
    onRejected() {
      accepted = 0;
    },
  };
}
