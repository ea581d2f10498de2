// Generates RADIUS events: clients are accepted or rejected; accepted ones start, update and stop sessions.

import { writeMac } from '../spelling.ts';
import type { AccessPoint, Client } from '../world.ts';
import { type EventContext, type Generate, oneEvent } from './context.ts';

const rejectReasons = ['Wrong password', 'Certificate expired', 'User not found', 'Account locked', 'MAC not allowed'];
const terminateCauses = ['User-Request', 'Lost-Carrier', 'Idle-Timeout', 'Session-Timeout', 'Admin-Reset'];
const wireless = 'Wireless-802.11';

export const generateAuthentication: Generate = (context) => {
  const { random, tenant, tick } = context;
  const client = random.pick(tenant.clients);
  const accessPoint = random.pick(tenant.accessPoints);
  const ssid = random.pick(tenant.ssids);
  const accepted = random.chance(0.85);
  if (accepted) client.authenticated = { accessPoint, ssid };
  const stamp = tick();
  return oneEvent({
    id: random.hex(12),
    auth_type: client.authType,
    sn: accessPoint.serial,
    vhm_id: tenant.vhmId,
    username: client.userName,
    reply: accepted ? 'Access-Accept' : 'Access-Reject',
    ...stations(context, client, accessPoint, ssid),
    auth_date: stamp.write(stamp.timeMs - random.between(0, 900)),
    ssid,
    identity: random.chance(0.1) ? null : client.identity,
    nas_port_type: wireless,
    reject_reason: accepted ? null : random.pick(rejectReasons),
    nas_identifier: accessPoint.name,
    mgmt_mac_address: writeMac(accessPoint.mac, random),
    org_id: 0,
    timestamp: stamp.write(),
  });
};

export const generateAccounting: Generate = (context) => {
  const { random, tenant, tick, id } = context;
  const client = nextClient(context);
  const stamp = tick();
  const starts = client.session === undefined;
  const session = client.session ?? startSession(context, client, stamp.timeMs);
  const stops = !starts && random.chance(0.4);
  if (!starts) {
    session.inputOctets += random.between(1_000, 40_000_000);
    session.outputOctets += random.between(10_000, 900_000_000);
  }
  client.session = stops ? undefined : session;
  const seconds = Math.floor((stamp.timeMs - session.startMs) / 1000);
  return oneEvent({
    id: id(),
    username: client.userName,
    org_id: 0,
    timestamp: stamp.write(),
    vhm_id: tenant.vhmId,
    device_serial_number: session.accessPoint.serial,
    acct_session_id: session.id,
    acct_multi_id: session.multiId,
    group_name: random.chance(0.3) ? null : 'staff',
    nas_ip_address: session.accessPoint.ip,
    nas_port: random.between(0, 3),
    nas_port_type: wireless,
    acct_start_time: stamp.write(session.startMs),
    acct_stop_time: stops ? stamp.write() : null,
    acct_session_time: seconds,
    acct_authentic: 'RADIUS',
    connect_info: random.pick(['CONNECT 866Mbps 802.11ac', '11ax', null]),
    ...octets(session.inputOctets, session.outputOctets, tenant.gigawords),
    ...stations(context, client, session.accessPoint, session.ssid),
    acct_terminate_cause: stops ? random.pick(terminateCauses) : null,
    service_type: 'Framed-User',
    framed_ip_address: random.chance(0.1) ? null : client.ipv4,
    acct_start_delay: 0,
    acct_stop_delay: stops ? random.between(0, 2) : null,
    ssid: session.ssid,
    identity: client.identity,
    nas_identifier: session.accessPoint.name,
    mgmt_mac_address: writeMac(session.accessPoint.mac, random),
    attribute_num: random.between(20, 30),
    event_time: stamp.write(),
    usage: session.inputOctets + session.outputOctets,
  });
};

/** A client that was accepted and has no session, else one with a session, else any. */
function nextClient({ random, tenant }: EventContext): Client {
  const waiting = tenant.clients.filter(
    ({ authenticated, session }) => authenticated !== undefined && session === undefined,
  );
  if (waiting.length > 0 && random.chance(0.5)) return random.pick(waiting);
  const online = tenant.clients.filter(({ session }) => session !== undefined);
  if (online.length > 0 && random.chance(0.8)) return random.pick(online);
  return random.pick(waiting.length > 0 ? waiting : tenant.clients);
}

function startSession({ random, tenant }: EventContext, client: Client, startMs: number) {
  const { accessPoint, ssid } = client.authenticated ?? {
    accessPoint: random.pick(tenant.accessPoints),
    ssid: random.pick(tenant.ssids),
  };
  client.authenticated = undefined;
  const id = `${random.hex(8)}-${random.hex(8)}`.toUpperCase();
  return { id, multiId: random.hex(16).toUpperCase(), accessPoint, ssid, startMs, inputOctets: 0, outputOctets: 0 };
}

/** RADIUS counters: 32 bits that wrap, with the number of wraps where the sender reports it. */
function octets(input: number, output: number, gigawords: boolean) {
  const low = { acct_input_octets: input % 2 ** 32, acct_output_octets: output % 2 ** 32 };
  if (!gigawords) return low;
  const high = (octets: number) => Math.floor(octets / 2 ** 32);
  return { ...low, acct_input_gigawords: high(input), acct_output_gigawords: high(output) };
}

function stations({ random }: EventContext, client: Client, accessPoint: AccessPoint, ssid: string) {
  const called = writeMac(accessPoint.mac, random);
  return {
    called_station_id: random.chance(0.8) ? `${called}:${ssid}` : called,
    calling_station_id: writeMac(client.mac, random),
  };
}
