// Makes the REST form of an event, with the configured faults.
import { type Json, type JsonObject, toJson } from '../../json.ts';
import type { SentType } from '../../message-types.ts';
import type { FaultState } from '../faults.ts';
import { logFamilies } from '../log-families.ts';
import type { RestForm } from '../simulated-event.ts';

const plain = { spaced: false, ascii: false };
const macFields = ['calling_station_id', 'called_station_id', 'mgmt_mac_address'];

/** `nowMs` is the cloud's time. Undefined where the type has no log, or a fault hides the event. */
export function restFormOf(
  type: SentType,
  fields: JsonObject,
  faults: FaultState,
  nowMs: number,
): RestForm | undefined {
  const { log, reworded } = logFamilies[type];
  if (log === undefined || faults.hit('hideFromLog', { messageType: type }) !== undefined) return undefined;
  const rewords = faults.hit('reword', { messageType: type }) !== undefined;
  const lateMs = faults.hit('lateInLog', { messageType: type })?.settings.delayMs;
  const respells = faults.hit('respell', { messageType: type }) !== undefined;
  const written = Object.fromEntries(
    Object.entries(fields).map(([name, value]): [string, Json] => {
      if (rewords && name === reworded) return [name, `${String(value)} (reworded)`];
      return [name, respells && macFields.includes(name) ? respelled(value) : value];
    }),
  );
  return {
    log,
    id: String(fields['id']),
    json: toJson(written, plain),
    reworded: rewords,
    shownFromMs: lateMs === undefined ? 0 : nowMs + lateMs,
  };
}

/** The leading MAC address in a different notation. */
function respelled(value: Json): Json {
  if (typeof value !== 'string') return value;
  return value.replace(/^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}|^[0-9A-Fa-f]{4}(\.[0-9A-Fa-f]{4}){2}/, (mac) => {
    const hex = mac.replaceAll(/[^0-9A-Fa-f]/g, '').toLowerCase();
    return mac === hex ? hex.toUpperCase() : hex;
  });
}
