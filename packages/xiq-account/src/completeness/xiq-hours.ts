// Fetched pieces as the hours of a proof: of each event only what the proof needs.
import type { FetchedPiece } from '../backfill/fetch-span.ts';
import type { EventFacts } from '../backfill/log-reader.ts';
import type { XiqHour } from './proof.ts';

const hourMs = 3_600_000;

export interface XiqHours {
  /** Takes a piece of a message type's log, of any length. */
  add(messageType: string, piece: FetchedPiece): void;
  /** What was taken, for `proveCompleteness`: every hour that a piece touches, also one without events. */
  readonly hours: ReadonlyMap<string, ReadonlyMap<number, XiqHour>>;
}

interface GrowingHour {
  readonly events: EventFacts[];
  doubt?: string | undefined;
}

export function xiqHours(): XiqHours {
  const hours = new Map<string, Map<number, GrowingHour>>();
  return {
    add(messageType, { fromMs, toMs, events, doubt }) {
      const ofType = hours.get(messageType) ?? new Map<number, GrowingHour>();
      hours.set(messageType, ofType);
      const hourAt = (timeMs: number): GrowingHour => {
        const at = Math.floor(timeMs / hourMs) * hourMs;
        const hour = ofType.get(at) ?? { events: [] };
        ofType.set(at, hour);
        return hour;
      };
      for (let at = fromMs; at < toMs; at = (Math.floor(at / hourMs) + 1) * hourMs) {
        const hour = hourAt(at);
        hour.doubt ??= doubt?.message;
      }
      for (const { id, timeMs, user, action } of events)
        hourAt(timeMs ?? fromMs).events.push({ id, timeMs, user, action });
    },
    hours,
  };
}
