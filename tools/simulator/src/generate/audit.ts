// Generates audit and GDPR events: administrators log in, change things and log out.
import type { JsonObject } from '../json.ts';
import type { Admin } from '../world.ts';
import { type Element, type EventContext, type Generate, oneEvent } from './context.ts';

/** An action of an administrator. The webhook and the REST log write it in different fields. */
export interface AdminAction {
  readonly admin: Admin;
  readonly action: Action;
}

interface Action {
  readonly code: number;
  readonly category: number;
  readonly description: string;
  readonly devices?: readonly string[];
}

export const generateAudit: Generate = (context) => auditElement(context, auditAction(context));

export const generateGdpr: Generate = (context) => auditElement(context, gdprAction(context));

export function auditAction(context: EventContext): AdminAction {
  const admin = context.random.pick(context.tenant.admins);
  return { admin, action: nextAction(context, admin) };
}

export function gdprAction({ random, tenant }: EventContext): AdminAction {
  const client = random.pick(tenant.clients);
  const action = random.pick([
    { code: 80001, category: 1, description: `Personal data of client ${client.mac} exported` },
    { code: 80002, category: 1, description: `Personal data of user ${client.userName} deleted` },
    { code: 80003, category: 1, description: 'Data retention period changed from 90 to 30 days' },
  ]);
  return { admin: random.pick(tenant.admins), action };
}

/** The login is first; a PPSK user is created before it is deleted. */
function nextAction({ random, tenant }: EventContext, admin: Admin): Action {
  if (!admin.loggedIn) {
    admin.loggedIn = true;
    const description = `Logged in with privileges of admin group ${admin.group}`;
    return { code: 10001, category: 1, description };
  }
  if (random.chance(0.2)) {
    admin.loggedIn = false;
    return { code: 10002, category: 1, description: 'Logged out' };
  }
  if (random.chance(0.4)) {
    tenant.ppskCount += 1;
    const name = `ppsk_user_${String(tenant.ppskCount).padStart(2, '0')}`;
    tenant.ppskUsers.push(name);
    return { code: 40001, category: 3, description: `Created Cloud PPSK User ${name}` };
  }
  if (tenant.ppskUsers.length > 0 && random.chance(tenant.ppskUsers.length > 50 ? 1 : 0.5)) {
    return { code: 40003, category: 3, description: `Deleted Cloud PPSK User ${random.take(tenant.ppskUsers)}` };
  }
  const { name } = random.pick(tenant.accessPoints);
  return random.pick<Action>([
    { code: 20017, category: 2, description: `Device ${name} rebooted`, devices: [name] },
    { code: 30002, category: 3, description: `Uploaded configuration to ${name}\n(complete)`, devices: [name] },
    { code: 41010, category: 4, description: `Changed SSID "${random.pick(tenant.ssids)}": WPA2 → WPA3` },
    { code: 50004, category: 5, description: `Client monitor started on ${name}`, devices: [name] },
    { code: 60001, category: 6, description: `Alarm acknowledged: ${name} unreachable`, devices: [name] },
  ]);
}

function auditElement(context: EventContext, adminAction: AdminAction): Element {
  return oneEvent(context.casing === 'snake' ? restAudit(context, adminAction) : webhookAudit(context, adminAction));
}

/** The fields of the documentation, in its order. */
export function webhookAudit({ random, tenant, tick }: EventContext, { admin, action }: AdminAction): JsonObject {
  const devices = random.chance(0.6) ? action.devices : undefined;
  return {
    owner_id: tenant.ownerId,
    org_id: 0,
    timestamp: tick().write(),
    id: null,
    user_id: admin.id,
    code: action.code,
    category: action.category,
    description: action.description,
    username: admin.email,
    vhm_name: tenant.vhmName,
    org_name: null,
    device_count: devices === undefined ? null : devices.length,
    host_names: devices ?? null,
    config: null,
    device_ids: devices === undefined ? null : devices.map(() => random.between(10 ** 5, 10 ** 6)),
  };
}

const categoryNames = ['ADMIN', 'SYSTEM', 'DEPLOYMENT', 'CONFIG', 'MONITOR', 'ALARM'];

/** The fields of the REST API's model. */
export function restAudit({ random, tenant, tick, id }: EventContext, { admin, action }: AdminAction): JsonObject {
  return {
    id: id(),
    category: categoryNames[action.category - 1] ?? null,
    user_id: admin.id,
    code: action.code,
    username: admin.email,
    vhm_name: tenant.vhmName,
    parameters: random.chance(0.5) ? null : [admin.group, tenant.domain],
    org_id: 0,
    timestamp: tick().write(),
    description: action.description,
    full_description_id: null,
  };
}
