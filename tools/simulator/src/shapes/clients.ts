// Clients as RADIUS may report them: logins of persons and machines, and wired clients. A client is always the same.

import type { EventContext } from '../generate/context.ts';
import type { Json, JsonObject } from '../json.ts';
import { writeMac } from '../spelling.ts';

/** The fields of a login; and for a wired client those of its switch. */
export function clientFields(fields: JsonObject, context: EventContext): JsonObject {
  const mac = hexOf(fields['calling_station_id'] ?? null);
  const number = Number.parseInt(mac.slice(-4), 16);
  const login = loginsOf(mac, context)[number % 9] ?? mac;
  const isWired = number % 4 === 0;
  return { username: login, ...(isWired && wiredFields(mac, number, context)) };
}

function loginsOf(mac: string, { tenant, random }: EventContext): readonly string[] {
  const { domain } = tenant;
  return [
    'CORP\\jane',
    `jane@${domain}`,
    'JANE',
    `  Bob@${domain} `,
    `host/pc-7.${domain}`,
    'PC-7$',
    'CORP\\PC-8$',
    writeMac(mac, random),
    `anonymous@${domain}`,
  ];
}

/** 802.1X at a switch's port: no SSID, and addresses of both ends. */
function wiredFields(mac: string, number: number, { tenant, random }: EventContext): JsonObject {
  const port = writeMac(`00e02b${mac.slice(6)}`, random);
  return {
    nas_port_type: 'Ethernet',
    nas_port: number % 48,
    nas_ip_address: `10.${tenant.accessPoints.length}.1.2`,
    framed_ip_address: `172.20.1.${number % 250}`,
    nas_identifier: 'SW-Floor-1',
    called_station_id: port,
    mgmt_mac_address: port,
    ssid: null,
  };
}

function hexOf(mac: Json): string {
  return typeof mac === 'string' ? mac.replaceAll(/[^0-9A-Fa-f]/g, '').toLowerCase() : '000000000000';
}
