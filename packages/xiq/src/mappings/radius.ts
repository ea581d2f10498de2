// Fields and parties of RADIUS events: authentication and accounting.

import { cachedByText } from '../cached-by-text.ts';
import type { FieldTable } from '../read/field-table.ts';
import { isLocalMac, readMac, readStation } from '../read/mac.ts';
import { commonFields, maxNameLength, personOf, relatePerson, setPerson, suffix } from './common.ts';
import type { MappingInput } from './mapping.ts';
import { type LoginBy, upperWords } from './radius-replies.ts';

export const radiusFields = {
  ...commonFields,
  username: { as: 'text', also: ['user_name'] },
  identity: { as: 'text', to: ['extreme.xiq.identity'] },
  calling_station_id: { as: 'station', to: ['client.mac', 'source.mac'] },
  called_station_id: { as: 'text', to: ['extreme.xiq.radius.called_station_id'] },
  ssid: { as: 'text', to: ['network.name', 'extreme.xiq.ssid'] },
  nas_identifier: { as: 'text', to: ['observer.hostname', 'related.hosts'] },
  // nas_device: the column NAS device of the log, which shows a MAC.
  mgmt_mac_address: { as: 'mac', also: ['nas_device'], to: ['observer.mac'] },
  nas_ip_address: { as: 'ip', to: ['observer.ip', 'related.ip'] },
  nas_port: { as: 'text', to: ['extreme.xiq.radius.nas_port'] },
  nas_port_type: { as: 'text', to: ['extreme.xiq.radius.nas_port_type'] },
  framed_ip_address: { as: 'ip', to: ['source.ip', 'client.ip', 'related.ip'] },
} as const satisfies FieldTable;

type RadiusInput = MappingInput<typeof radiusFields>;

/** An outer identity that hides its user: `anonymous`, `anonymous@realm`, `@realm`. */
const anonymous = /^(?:anonymous)?(?:@.*)?$/i;

/**
 * The host of a machine account: `host/pc.example.com`, `DOMAIN\PC$` or `PC$@example.com`. Undefined for other names, and
 * for a longer name, on which the patterns may be slow.
 */
function machineOf(text: string): string | undefined {
  const name = text.trim();
  if (name.length > maxNameLength || !/[/$]/.test(name)) return undefined;
  const [, host, account] = /^(?:host\/([^@]+)|(?:[^\\]+\\)?([^\\@]+)\$)(?:@[^@]+)?$/i.exec(name) ?? [];
  const machine = (host ?? account)?.trim();
  return machine === '' ? undefined : machine;
}

/** By the type of the NAS port (RFC 2865, 5.41), as a word or a number. Other types say nothing about the device. */
const observerTypes: ReadonlyMap<string, string> = new Map([
  ['WIRELESS_802_11', 'access-point'],
  ['19', 'access-point'],
  ['WIRELESS_IEEE_802_11', 'access-point'],
  ['WIRELESS_OTHER', 'access-point'],
  ['18', 'access-point'],
  ['ETHERNET', 'switch'],
  ['15', 'switch'],
]);

const observerTypeOf = cachedByText((portType) => observerTypes.get(upperWords(portType).join('_')));

/** The parties of a RADIUS event, as they are in its document. */
export interface RadiusParties {
  /** The user or the machine. */
  readonly who: string | undefined;
  readonly isUser: boolean;
  readonly client: string | undefined;
  readonly network: string | undefined;
}

/**
 * Sets the fields of a user name: of a user, a machine, or a device whose user name is its MAC. `short`: an e-mail address
 * is a user principal name, and not that of an account at another provider.
 */
function setUser({ values, draft }: RadiusInput, short: boolean): Pick<RadiusParties, 'who' | 'isUser'> {
  const { username, calling_station_id: client } = values;
  if (username === undefined) return { who: undefined, isUser: false };
  const machine = machineOf(username);
  if (client?.mac !== undefined && readMac(username.trim()) === client.mac) {
    draft.setField('extreme.xiq.auth_method', 'mac');
    draft.setField('extreme.xiq.radius.user_name', username);
    return { who: undefined, isUser: false };
  }
  if (machine !== undefined) {
    draft.setField('extreme.xiq.machine', machine);
    draft.setField('extreme.xiq.radius.user_name', username);
    draft.setField('client.domain', machine);
    draft.addToList('related.hosts', machine);
    return { who: machine, isUser: false };
  }
  const related = !anonymous.test(username.trim());
  if (setPerson(draft, 'user', username, { related, short })) draft.setField('extreme.xiq.radius.user_name', username);
  return { who: personOf(username, short).name, isUser: true };
}

function relateIdentity({ values: { identity, calling_station_id: client }, draft }: RadiusInput): void {
  if (identity === undefined || anonymous.test(identity.trim()) || machineOf(identity) !== undefined) return;
  if (client?.mac !== undefined && readMac(identity.trim()) === client.mac) return;
  relatePerson(draft, personOf(identity, true));
}

/** Client, user, device and network of a RADIUS event. */
export function finishRadius(input: RadiusInput, by: LoginBy): RadiusParties {
  const { values, draft } = input;
  const { calling_station_id: client, called_station_id: called } = values;
  if (client !== undefined) {
    draft.setField('client.address', client.text);
    draft.setField('extreme.xiq.mac_local', client.mac === undefined ? undefined : isLocalMac(client.mac));
  }
  const { nas_port_type: portType } = values;
  const observerType = portType === undefined ? 'access-point' : observerTypeOf(portType);
  draft.setField('observer.type', observerType);
  // Of a switch, the called station is a port.
  const station = called === undefined || observerType !== 'access-point' ? undefined : readStation(called);
  if (station !== undefined) {
    draft.setField('extreme.xiq.radius.bssid', station.mac);
    if (values.ssid === undefined && station.ssid !== undefined) {
      draft.setField('network.name', station.ssid);
      draft.setField('extreme.xiq.ssid', station.ssid);
    }
  }
  if (by === 'radius') draft.setField('network.protocol', 'radius');
  const user = setUser(input, by !== 'portal');
  relateIdentity(input);
  return { ...user, client: client?.mac ?? client?.text, network: values.ssid ?? station?.ssid };
}

/** The called station as part of a key. It is equal for every notation of the MAC. */
export function calledStationKey(called: string | undefined): string | undefined {
  if (called === undefined) return undefined;
  const station = readStation(called);
  return station.mac === undefined ? called : `${station.mac}:${station.ssid ?? ''}`;
}

/** User, client and network for a message: ` of j.doe from DC-AC-… on Corp`. */
export const clientText = ({ who, client, network }: RadiusParties): string =>
  suffix(' of ', who) + suffix(' from ', client) + suffix(' on ', network);
