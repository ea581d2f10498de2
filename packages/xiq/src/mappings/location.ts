// LOCATION_AP_CENTRIC and LOCATION_CLIENT_CENTRIC: an access point observed a client.
import type { FieldTable, ValuesOf } from '../read/field-table.ts';
import { isLocalMac, readMac } from '../read/mac.ts';
import type { Moment } from '../read/time.ts';
import { classify, commonFields, suffix } from './common.ts';
import { classification, defineMapping, timeKey } from './mapping.ts';

const locationFields = {
  ...commonFields,
  ap_mac: { as: 'mac', to: ['observer.mac'] },
  // It may be a hash of the MAC.
  client_mac: { as: 'text' },
  ipv4: { as: 'ip', to: ['client.ip', 'source.ip', 'related.ip'] },
  ipv6: { as: 'ip', to: ['related.ip'] },
  seen_time: { as: 'time', to: ['@timestamp'] },
  seen_epoch: { as: 'time', to: ['@timestamp'] },
  ssid: { as: 'text', to: ['network.name', 'extreme.xiq.ssid'] },
  rssi: { as: 'number', to: ['extreme.xiq.presence.rssi'] },
  manufacturer: { as: 'text', to: ['device.manufacturer'] },
  os: { as: 'text', to: ['user_agent.os.name'] },
  lat: { as: 'number' },
  lng: { as: 'number' },
  unc: { as: 'number', to: ['extreme.xiq.presence.unc'] },
  x: { as: 'number', to: ['extreme.xiq.presence.x'] },
  y: { as: 'number', to: ['extreme.xiq.presence.y'] },
} as const satisfies FieldTable;

type Values = ValuesOf<typeof locationFields>;

const seenAt = ({ seen_epoch, seen_time, timestamp }: Values): Moment | undefined =>
  seen_epoch ?? seen_time ?? timestamp;

const observed = classification('client-observed', ['network'], ['info']);

export const locationMapping = defineMapping({
  fields: locationFields,
  classifications: [{ when: 'always', as: observed }],
  key: (values) => [values.ap_mac, readMac(values.client_mac ?? ''), timeKey(seenAt(values)), values.ssid],
  times: () => ['seen_epoch', 'seen_time', 'timestamp'],
  finish({ values, draft, moveToExtra }) {
    classify(draft, observed);
    draft.setField('observer.type', 'access-point');
    const { client_mac: address, ap_mac: ap, ipv4, ipv6, lat, lng } = values;
    const client = address === undefined ? undefined : readMac(address);
    if (client === undefined) draft.setField('client.address', address);
    else {
      draft.setField('client.mac', client);
      draft.setField('source.mac', client);
      draft.setField('extreme.xiq.mac_local', isLocalMac(client));
    }
    if (ipv4 === undefined) {
      draft.setField('client.ip', ipv6);
      draft.setField('source.ip', ipv6);
    }
    // 0, 0 means that the map has no location.
    const hasLocation = lat !== undefined && lng !== undefined && (lat !== 0 || lng !== 0);
    if (hasLocation && Math.abs(lat) <= 90 && Math.abs(lng) <= 180)
      draft.setField('client.geo.location', { lat, lon: lng });
    else for (const name of ['lat', 'lng'] as const) moveToExtra(name);
    const where = suffix(' by ', ap) + suffix(' on ', values.ssid);
    draft.setField('message', `Client ${client ?? address ?? 'of unknown address'} seen${where}`);
  },
});
