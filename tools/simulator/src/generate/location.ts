// Generates location events: an access point with its clients, or a client with its access points.
import type { JsonObject } from '../json.ts';
import type { Random } from '../random.ts';
import { writeMac } from '../spelling.ts';
import { isoWithOffset } from '../time-forms.ts';
import type { AccessPoint } from '../world.ts';
import type { EventContext, Generate } from './context.ts';

const maxObservations = 8;

/** The format documented for an earlier product. */
export const generateApCentric: Generate = (context, maxEvents) => {
  const { random, tenant } = context;
  const accessPoint = random.pick(tenant.accessPoints);
  const clients = some(tenant.clients, maxEvents, random);
  const observations = clients.map((client) => ({
    client_mac: writeMac(client.mac, random),
    ipv4: random.chance(0.2) ? null : client.ipv4,
    ipv6: client.ipv6,
    ...observation(context, accessPoint),
    manufacturer: client.manufacturer,
    os: client.os,
  }));
  const fields = { owner_id: tenant.vhmId, ap_mac: writeMac(accessPoint.mac, random), observations };
  return { fields, events: observations.length };
};

/** The transposed format; an assumption. */
export const generateClientCentric: Generate = (context, maxEvents) => {
  const { random, tenant } = context;
  const client = random.pick(tenant.clients);
  const observations = some(tenant.accessPoints, maxEvents, random).map((accessPoint) => ({
    ap_mac: writeMac(accessPoint.mac, random),
    ...observation(context, accessPoint),
  }));
  const fields = {
    owner_id: tenant.vhmId,
    client_mac: writeMac(client.mac, random),
    ipv4: client.ipv4,
    ipv6: client.ipv6,
    manufacturer: client.manufacturer,
    os: client.os,
    observations,
  };
  return { fields, events: observations.length };
};

function observation({ random, tenant, tick }: EventContext, { lat, lng }: AccessPoint): JsonObject {
  const { timeMs, form } = tick();
  const placed = random.chance(0.8);
  return {
    seen_time: isoWithOffset(timeMs),
    seen_epoch: form === 's' ? timeMs / 1000 : timeMs,
    ssid: random.pick(tenant.ssids),
    rssi: -random.between(30, 90),
    lat: placed ? lat : null,
    lng: placed ? lng : null,
    unc: placed ? random.between(1, 20) : null,
    x: random.between(0, 400) / 10,
    y: random.between(0, 400) / 10,
  };
}

/** At least one and at most `maxEvents` elements of `from`, without repetition. */
function some<T>(from: readonly T[], maxEvents: number, random: Random): T[] {
  const left = [...from];
  const count = random.between(1, Math.min(maxEvents, maxObservations, left.length));
  return Array.from({ length: count }, () => random.take(left));
}
