// Watches for losses: evicted requests, unreadable requests, a damaged state file, events that did not arrive.
import { type Watcher, watchStates } from './watch.ts';

export const watchLosses = (): Watcher =>
  watchStates(function* losses({ status, completeness }) {
    for (const { id, destination, fromSequence, toSequence, bodies, bytes } of status.gaps) {
      const attributes = {
        'destination.name': destination,
        'gap.id': id,
        'gap.bodies': bodies,
        'gap.bytes': bytes,
        'gap.from_sequence': fromSequence,
        'gap.to_sequence': toSequence,
      };
      // The id of a gap changes as it grows; its first sequence does not.
      const key = `gap ${destination} ${fromSequence}`;
      const state = String(toSequence);
      yield { key, state, hourly: true, action: 'retention-gap-opened', subject: destination, details: { attributes } };
    }
    for (const { reason, where, fromSequence, toSequence, bodies, bytes } of status.journal.lost) {
      // Evicted requests are reported as gaps.
      if (reason === 'evicted') continue;
      const attributes = {
        'gap.bodies': bodies,
        'gap.bytes': bytes,
        'gap.from_sequence': fromSequence,
        'gap.to_sequence': toSequence,
      };
      const key = `lost ${reason} ${fromSequence}`;
      const details = { reason, attributes };
      yield { key, state: String(toSequence), hourly: true, action: 'bodies-lost', subject: where, details };
    }
    for (const { id, kind: reason, reason: message, lost: count, file } of status.incidents) {
      const attributes = { count };
      yield {
        key: id,
        state: reason,
        action: 'state-damaged',
        subject: reason === 'journal' || reason === 'position' ? 'journal' : (file ?? 'state.sqlite'),
        details: { reason, message, attributes },
      };
    }
    // Once for each hour and message type.
    for (const { source, messageType, hourMs, state, xiq, kept, missing, surplus } of completeness()) {
      const hour = new Date(hourMs).toISOString();
      const attributes = {
        source,
        message_type: messageType,
        count: missing,
        'completeness.hour': hour,
        'completeness.xiq': xiq,
        'completeness.kept': kept,
        'completeness.surplus': surplus,
      };
      const key = `hour ${source} ${messageType}`;
      const found = state === 'missing' ? hour : undefined;
      yield { key, state: found, action: 'completeness-missing', subject: source, details: { attributes } };
    }
  });
