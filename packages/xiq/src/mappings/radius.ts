import type { FieldTable } from '../read/field-table.ts';
import { isLocalMac, readMac, readStation } from '../read/mac.ts';
import { commonFields, personOf, relatePerson, setPerson, suffix } from './common.ts';
import type { MappingInput } from './mapping.ts';

export const radiusFields = {
  ...commonFields,
  username: { as: 'text', also: ['user_name'] },
  identity: { as: 'text', to: ['extreme.xiq.identity'] },
  calling_station_id: { as: 'station', to: ['client.mac', 'source.mac'] },
  called_station_id: { as: 'text', to: ['extreme.xiq.radius.called_station_id'] },
  ssid: { as: 'text', to: ['network.name', 'extreme.xiq.ssid'] },
  nas_identifier: { as: 'text', to: ['observer.hostname', 'related.hosts'] },
  mgmt_mac_address: { as: 'mac', to: ['observer.mac'] },
  nas_port_type: { as: 'text', to: ['extreme.xiq.radius.nas_port_type'] },
} as const satisfies FieldTable;

type RadiusInput = MappingInput<typeof radiusFields>;

/** An outer identity that hides its user: `anonymous`, `anonymous@realm`, `@realm`. */
const anonymous = /^(?:anonymous)?(?:@.*)?$/i;

/** The host of a machine account: `host/pc.example.com` or `DOMAIN\PC$`. Undefined for other names. */
function machineOf(name: string): string | undefined {
  const host = /^host\/(.+)$/i.exec(name)?.[1] ?? /^(?:[^\\]+\\)?([^\\]+)\$$/.exec(name)?.[1];
  return host === undefined || host.trim() === '' ? undefined : host;
}

/** The parties of a RADIUS event, as they are in its document. */
export interface RadiusParties {
  /** The user or the machine. */
  readonly who: string | undefined;
  readonly isUser: boolean;
  readonly client: string | undefined;
  readonly network: string | undefined;
}

/** Sets the fields of a user name: of a user, a machine, or a device whose user name is its MAC. */
function setUser({ values, draft }: RadiusInput): Pick<RadiusParties, 'who' | 'isUser'> {
  const { username, calling_station_id: client } = values;
  if (username === undefined) return { who: undefined, isUser: false };
  const machine = machineOf(username);
  if (client !== undefined && readMac(username) === client.mac) {
    draft.setField('extreme.xiq.auth_method', 'mac');
    draft.setField('extreme.xiq.radius.user_name', username);
    return { who: undefined, isUser: false };
  }
  if (machine !== undefined) {
    draft.setField('extreme.xiq.machine', machine);
    draft.setField('extreme.xiq.radius.user_name', username);
    draft.addToList('related.hosts', machine);
    return { who: machine, isUser: false };
  }
  const related = !anonymous.test(username);
  if (setPerson(draft, 'user', username, { related, short: true }))
    draft.setField('extreme.xiq.radius.user_name', username);
  return { who: personOf(username, true).name, isUser: true };
}

function relateIdentity({ values: { identity, calling_station_id: client }, draft }: RadiusInput): void {
  if (identity === undefined || anonymous.test(identity) || machineOf(identity) !== undefined) return;
  if (client !== undefined && readMac(identity) === client.mac) return;
  relatePerson(draft, personOf(identity, true));
}

/** Client, user, access point and network of a RADIUS event. */
export function finishRadius(input: RadiusInput): RadiusParties {
  const { values, draft } = input;
  const { calling_station_id: client, called_station_id: called } = values;
  if (client !== undefined) {
    draft.setField('client.address', client.text);
    draft.setField('extreme.xiq.mac_local', isLocalMac(client.mac));
  }
  const station = called === undefined ? undefined : readStation(called);
  if (station !== undefined) {
    draft.setField('extreme.xiq.radius.bssid', station.mac);
    if (values.ssid === undefined && station.ssid !== undefined) {
      draft.setField('network.name', station.ssid);
      draft.setField('extreme.xiq.ssid', station.ssid);
    }
  }
  draft.setField('network.protocol', 'radius');
  draft.setField('observer.type', 'access-point');
  const user = setUser(input);
  relateIdentity(input);
  return { ...user, client: client?.mac, network: values.ssid ?? station?.ssid };
}

/** The called station as part of a key. It is equal for every notation of the MAC. */
export function calledStationKey(called: string | undefined): string | undefined {
  if (called === undefined) return undefined;
  const station = readStation(called);
  return station === undefined ? called : `${station.mac}:${station.ssid ?? ''}`;
}

/** User, client and network for a message: ` of j.doe from DC-AC-… on Corp`. */
export const clientText = ({ who, client, network }: RadiusParties): string =>
  suffix(' of ', who) + suffix(' from ', client) + suffix(' on ', network);
