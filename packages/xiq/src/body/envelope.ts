// Decides from the parsed JSON alone which values contain events: envelopes, nested lists, and lists of observations.
import type { JsonObject, JsonValue } from '@xiq-siem/core';
import { plainName } from '../plain-name.ts';
import { countValues, isArray, isObject, maxElementValues } from './json-value.ts';

/** Whether a name is that of an array in an element whose items are one event each. */
export const isObservations = (name: string): boolean => plainName(name) === 'observations';

const envelopeNames: ReadonlySet<string> = new Set(['alert', 'alerts', 'data', 'events', 'records']);

/**
 * Fields of the message families, as `plainName` writes them: an object with one of these is an event, not an envelope.
 * The list is final. Positions, dead letters and jobs store numbers of elements, which must mean the same element in every
 * version. So it is not derived from the mappings, and a release that learns a field does not add it here. `source` and
 * `tags` of an alert are not in it: they are an object and a list, so the envelope is not the only one.
 */
export const familyFields: ReadonlySet<string> = new Set(
  `
  ownerid orgid orgname vhmid vhmname id timestamp userid username description code category status
  devicecount hostnames config deviceids parameters fulldescriptionid
  logid starttime endtime mac admin
  authtype authstatus sn reply calledstationid callingstationid authdate ssid identity nasporttype rejectreason
  nasidentifier mgmtmacaddress
  deviceserialnumber acctsessionid acctmultiid groupname nasipaddress nasport acctstarttime acctstoptime acctsessiontime
  acctauthentic connectinfo acctinputoctets acctoutputoctets acctinputgigawords acctoutputgigawords acctterminatecause
  servicetype framedipaddress acctstartdelay acctstopdelay attributenum eventtime usage
  customerid approveremail tel profilename messageid statusfromprovider providertype
  apmac clientmac observations ipv4 ipv6 seentime seenepoch rssi manufacturer os lat lng unc x y
  summary severity severityid severityname alertpolicyid alertpolicyname alertruleid alertrulename siteid sitename
  buildingid buildingname floorid floorname acknowledged acknowledgedby acknowledgedtime
  `
    .trim()
    .split(/\s+/),
);

/** Whether a value is a list with objects, or with such lists, and nothing else. */
function isListOfObjects(value: JsonValue): value is readonly JsonValue[] {
  return isArray(value) && value.length > 0 && value.every((item) => isObject(item) || isListOfObjects(item));
}

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}

function isEnvelope(object: JsonObject, member: string): boolean {
  const content = object[member] ?? null;
  if (!envelopeNames.has(plainName(member)) || !(isObject(content) ? !isEmpty(content) : isListOfObjects(content))) {
    return false;
  }
  for (const name in object) if (name !== member && familyFields.has(plainName(name))) return false;
  return true;
}

/** The name of the member that contains the events of an object. Undefined: the object is one event. */
export function containerOf(object: JsonObject): string | undefined {
  let only: string | undefined;
  let containers = 0;
  for (const name in object) {
    const member = object[name];
    if (typeof member !== 'object' || member === null) continue;
    if (isArray(member) && member.length > 0 && isObservations(name)) {
      const { [name]: _, ...others } = object;
      return countValues(others, maxElementValues) > maxElementValues ? undefined : name;
    }
    only = name;
    containers++;
  }
  return only !== undefined && containers === 1 && isEnvelope(object, only) ? only : undefined;
}

/** Whether an item of a body contains events in place of being one. */
export const isDivided = (item: JsonValue): boolean =>
  isObject(item) ? containerOf(item) !== undefined : isListOfObjects(item);

/** The number of events in an item that is divided, or that is an object. */
export function countEvents(value: JsonValue): number {
  if (isArray(value)) return value.reduce<number>((sum, item) => sum + countEvents(item), 0);
  const name = isObject(value) ? containerOf(value) : undefined;
  if (name === undefined || !isObject(value)) return 1;
  const content = value[name] ?? null;
  return isObservations(name) && isArray(content) ? content.length : countEvents(content);
}
