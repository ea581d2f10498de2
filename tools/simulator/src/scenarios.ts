// Attack scenarios: a fixed number of events that a detection rule must find, and a few others that it must not.
import { type BodyOptions, createBodyWriter, type GeneratedBody } from './body-writer.ts';
import { webhookAudit } from './generate/audit.ts';
import type { EventContext } from './generate/context.ts';
import { type PrivacyStatus, privacyRow } from './generate/privacy.ts';
import type { JsonObject } from './json.ts';
import type { SentType } from './message-types.ts';
import { createRandom } from './random.ts';
import { writeMac } from './spelling.ts';
import { writeTime } from './time-forms.ts';
import { type Admin, createWorld, type PrivacyTask, type Tenant } from './world.ts';

export const scenarioNames = ['brute-force', 'spray', 'rejects-then-accept', 'ppsk', 'gdpr'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface ScenarioOptions extends BodyOptions {
  readonly seed: number;
  /** Time of the first event; the last one is less than `scenarioSpanMs` later. */
  readonly startTimeMs: number;
  /** Maximum number of elements in an array body. */
  readonly batch?: number;
}

export interface Scenario {
  readonly bodies: readonly GeneratedBody[];
  /** What a query must find: names and counts. MAC addresses are 12 hex digits. */
  readonly truth: Truth;
}

export type Truth = Readonly<Record<string, string | number>>;

export const scenarioSpanMs = 600_000;

/** The first account, at its first access point. */
interface Stage {
  readonly tenant: Tenant;
  readonly attacker: Login;
  /** Another person, with few attempts. */
  readonly other: Login;
  readonly admin: Admin;
  readonly otherAdmin: Admin;
  /** The context of an event so many seconds after the start, in whole seconds. */
  at(seconds: number): EventContext;
}

interface Login {
  /** 12 hex digits. */
  readonly mac: string;
  readonly userName: string;
}

interface Script {
  readonly type: SentType;
  readonly elements: readonly JsonObject[];
  readonly truth: Truth;
}

const scripts: Readonly<Record<ScenarioName, (stage: Stage) => Script>> = {
  /** In one second, with one time: they differ in `id` only. */
  'brute-force': (stage) => {
    const { attacker, other } = stage;
    const attack = attempt(stage, attacker, 60, false);
    const elements = [
      ...times(3, (number) => attempt(stage, other, 15 * number, false)),
      ...times(12, (number) => ({ ...attack, id: `v-${number}` })),
    ];
    const truth = { clientMac: attacker.mac, userName: attacker.userName, rejects: 12 };
    return { type: 'AUTHENTICATION_LOG_ALL', elements, truth };
  },
  /** Each user twice. */
  spray: (stage) => {
    const { attacker, other, tenant } = stage;
    const elements = [
      ...times(3, (number) => attempt(stage, other, 15 * number, false)),
      ...times(40, (number) => {
        const login = { mac: attacker.mac, userName: `user${(number % 20) + 1}@${tenant.domain}` };
        return attempt(stage, login, 60 + 7 * number, false);
      }),
    ];
    return { type: 'AUTHENTICATION_LOG_ALL', elements, truth: { clientMac: attacker.mac, users: 20, rejects: 40 } };
  },
  'rejects-then-accept': (stage) => {
    const { attacker, other } = stage;
    const elements = [
      attempt(stage, other, 0, false),
      attempt(stage, other, 5, true),
      ...times(9, (number) => attempt(stage, attacker, 10 + 10 * number, false)),
      attempt(stage, attacker, 110, true),
    ];
    const truth = { clientMac: attacker.mac, userName: attacker.userName, rejects: 9, accepts: 1 };
    return { type: 'AUTHENTICATION_LOG_ALL', elements, truth };
  },
  /** An administrator creates PPSK users, changes some, and deletes all. */
  ppsk: ({ at, admin, otherAdmin }) => {
    const change = (by: Admin, seconds: number, code: number, text: string) =>
      webhookAudit(at(seconds), { admin: by, action: { code, category: 3, description: text } });
    const user = (number: number) => `Cloud PPSK User ppsk_user_${String(number + 1).padStart(2, '0')}`;
    const elements = [
      change(otherAdmin, 0, 40_001, 'Created Cloud PPSK User reception'),
      ...times(12, (number) => change(admin, 10 + 5 * number, 40_001, `Created ${user(number)}`)),
      ...times(3, (number) => change(admin, 100 + 5 * number, 40_002, `Updated ${user(number)}`)),
      ...times(12, (number) => change(admin, 200 + 5 * number, 40_003, `Deleted ${user(number)}`)),
    ];
    return { type: 'AUDIT_LOG_ALL', elements, truth: { admin: admin.email, created: 12, updated: 3, deleted: 12 } };
  },
  /** An administrator exports the data of a client, then deletes them. Another one exports only; his deletion fails. */
  gdpr: (stage) => {
    const { attacker, other, admin, otherAdmin } = stage;
    const elements = [
      ...privacyTask(stage, 81, otherAdmin, other, 'Download', 'Completed', 0),
      ...privacyTask(stage, 82, admin, attacker, 'Download', 'Completed', 60),
      ...privacyTask(stage, 83, otherAdmin, other, 'Delete', 'Failed', 120),
      ...privacyTask(stage, 84, admin, attacker, 'Delete', 'Completed', 300),
    ];
    const truth = { admin: admin.email, clientMac: attacker.mac, exports: 1, erasures: 1, entries: 4 };
    return { type: 'GDPR_LOG_ALL', elements, truth };
  },
};

/** The same options make the same bodies. `content`, `gaps` and `times` of the shapes are not applied. */
export function createScenario(name: ScenarioName, options: ScenarioOptions): Scenario {
  const { seed, startTimeMs, batch = 10 } = options;
  const random = createRandom(seed);
  const [tenant] = createWorld(random).tenants;
  if (tenant === undefined) throw new Error('the world has no tenant');
  const startMs = Math.ceil(startTimeMs / 1000) * 1000;
  const at = (seconds: number): EventContext => {
    const timeMs = startMs + seconds * 1000;
    const write = (otherMs = timeMs) => writeTime(otherMs, 'ms');
    return { random, casing: 'camel', tenant, tick: () => ({ timeMs, form: 'ms', write }), id: () => 0 };
  };
  // No person or administrator is in two scenarios: they can be sent together.
  const number = scenarioNames.indexOf(name);
  const [attacker, other] = [loginOf(tenant, 2 * number), loginOf(tenant, 2 * number + 1)];
  const [admin, otherAdmin] = name === 'gdpr' ? tenant.admins.slice(2) : tenant.admins;
  if (admin === undefined || otherAdmin === undefined) throw new Error('the world has too few administrators');
  const { type, elements, truth } = scripts[name]({ tenant, attacker, other, admin, otherAdmin, at });
  const writer = createBodyWriter(random, options);
  const bodies: GeneratedBody[] = [];
  for (let from = 0; from < elements.length; ) {
    const casing = writer.pickCasing();
    const bare = random.chance(0.4);
    const part = elements.slice(from, from + (bare ? 1 : random.between(1, batch)));
    from += part.length;
    const spelled = part.map((fields) => writer.spell(fields, casing));
    const [first] = spelled;
    const body = writer.write(type, bare && first !== undefined ? first : spelled, casing);
    bodies.push({ ...body, events: part.length });
  }
  return { bodies, truth: { scenario: name, messageType: type, events: elements.length, ...truth } };
}

function loginOf({ clients, domain }: Tenant, index: number): Login {
  return { mac: clients[index]?.mac ?? '', userName: `person${index + 1}@${domain}` };
}

/** A login at the first access point, with its time in `auth_date` only. */
function attempt({ tenant, at }: Stage, { mac, userName }: Login, seconds: number, isAccepted: boolean): JsonObject {
  const { random, tick } = at(seconds);
  const [accessPoint] = tenant.accessPoints;
  const [ssid = ''] = tenant.ssids;
  const accessPointMac = accessPoint?.mac ?? '';
  return {
    id: random.hex(12),
    auth_type: 'PEAP',
    sn: accessPoint?.serial ?? null,
    vhm_id: tenant.vhmId,
    username: userName,
    reply: isAccepted ? 'Access-Accept' : 'Access-Reject',
    called_station_id: `${writeMac(accessPointMac, random)}:${ssid}`,
    calling_station_id: writeMac(mac, random),
    auth_date: tick().write(),
    ssid,
    identity: userName,
    nas_port_type: 'Wireless-802.11',
    reject_reason: isAccepted ? null : 'Wrong password',
    nas_identifier: accessPoint?.name ?? null,
    mgmt_mac_address: writeMac(accessPointMac, random),
    org_id: 0,
  };
}

/** Two entries: in progress, and 30 seconds later the end. */
function privacyTask(
  { at }: Stage,
  logId: number,
  admin: Admin,
  client: Login,
  verb: 'Download' | 'Delete',
  end: PrivacyStatus,
  seconds: number,
): readonly JsonObject[] {
  const start = at(seconds);
  const task: PrivacyTask = {
    logId,
    startMs: start.tick().timeMs,
    category: `${verb} client data`,
    description: `Client data ${verb === 'Delete' ? 'deletion' : 'download'}`,
    admin: admin.email,
    mac: writeMac(client.mac, start.random),
  };
  return [privacyRow(task, 'In progress', start.tick()), privacyRow(task, end, at(seconds + 30).tick())];
}

function times<T>(count: number, create: (number: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, number) => create(number));
}
