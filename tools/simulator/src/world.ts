// The simulated world: tenants with administrators, users, access points and clients, determined by a seed.
import type { Random } from './random.ts';

export interface Admin {
  readonly id: number | bigint;
  readonly email: string;
  readonly group: string;
  loggedIn: boolean;
}

export interface AccessPoint {
  readonly name: string;
  /** 12 hex digits. */
  readonly mac: string;
  readonly serial: string;
  readonly ip: string;
  readonly lat: number;
  readonly lng: number;
}

export interface Session {
  readonly id: string;
  readonly multiId: string;
  readonly accessPoint: AccessPoint;
  readonly ssid: string;
  readonly startMs: number;
  inputOctets: number;
  outputOctets: number;
}

export interface Client {
  /** 12 hex digits. */
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string | null;
  readonly manufacturer: string;
  readonly os: string;
  readonly authType: string;
  readonly userName: string;
  readonly identity: string;
  /** Accepted, without an accounting session yet. */
  authenticated: { readonly accessPoint: AccessPoint; readonly ssid: string } | undefined;
  session: Session | undefined;
}

export interface Text {
  readonly messageId: string;
  readonly userId: number | bigint;
  readonly phone: string;
}

/** A task that reads or deletes personal data. */
export interface PrivacyTask {
  readonly logId: number;
  readonly startMs: number;
  readonly category: string;
  readonly description: string;
  readonly admin: string;
  /** Of the client, in a notation of its own; null where the task is about a user or an administrator. */
  readonly mac: string | null;
}

export interface Tenant {
  readonly ownerId: number | bigint;
  readonly vhmId: string;
  readonly vhmName: string;
  readonly domain: string;
  /** Whether its RADIUS accounting counts beyond 32 bits. */
  readonly gigawords: boolean;
  readonly ssids: readonly string[];
  readonly admins: readonly Admin[];
  readonly accessPoints: readonly AccessPoint[];
  readonly clients: readonly Client[];
  /** PPSK users that were created and not yet deleted. */
  readonly ppskUsers: string[];
  /** Sent, without a final status yet. */
  readonly pendingTexts: Text[];
  /** Started, without an end yet. */
  readonly privacyTasks: PrivacyTask[];
  /** Incremented for each PPSK user: every name is unique. */
  ppskCount: number;
  /** Incremented for each privacy task. */
  privacyTaskCount: number;
}

export interface World {
  readonly tenants: readonly Tenant[];
}

const givenNames = [
  'anna',
  'bo',
  'carla',
  'deniz',
  'eva',
  'farid',
  'grace',
  'jürgen',
  'łukasz',
  'maria',
  'noor',
  'yuki',
];
const familyNames = ['andersen', 'bauer', 'costa', 'doe', 'evans', 'fischer', 'garcía', 'ito', 'kowalski', 'smith'];
const devices = [
  { manufacturer: 'Apple', os: 'ios' },
  { manufacturer: 'Samsung', os: 'Android 16' },
  { manufacturer: 'Intel', os: 'Windows 11' },
  { manufacturer: 'Zebra Technologies', os: 'Android 13' },
  { manufacturer: 'Raspberry Pi', os: 'Linux' },
] as const;
const plans = [
  { ownerId: 1091, vhmName: 'ACME-BERLIN', domain: 'acme.example', ssids: ['Corp', 'Guest', 'IoT'], gigawords: false },
  {
    ownerId: 7932,
    vhmName: 'Universität Süd',
    domain: 'uni.example',
    ssids: ['eduroam', 'Gäste WLAN'],
    gigawords: true,
  },
  // Beyond 2^53, to detect readers that round it.
  {
    ownerId: 9_007_199_254_741_093n,
    vhmName: 'retail/"north"',
    domain: 'shop.example',
    ssids: ['POS:1', 'Shop'],
    gigawords: false,
  },
] as const;

export function createWorld(random: Random): World {
  const addresses = macAddresses(random);
  return { tenants: plans.map((plan, number) => createTenant(plan, number, addresses, random)) };
}

function createTenant(plan: (typeof plans)[number], number: number, addresses: () => string, random: Random): Tenant {
  const big = typeof plan.ownerId === 'bigint';
  const admins = ['Administrator', 'Operator', 'Help Desk', 'Administrator'].map((group, index) => ({
    id: big ? plan.ownerId + BigInt(7 * index + 1) : 602_122 + 1000 * number + index,
    email: `admin${index + 1}@${plan.domain}`,
    group,
    loggedIn: false,
  }));
  const accessPoints = Array.from({ length: 8 }, (_, index) => ({
    name: `AP-${['Lobby', 'Floor', 'Yard', 'Lab'][index % 4]}-${index + 1}`,
    mac: addresses(),
    serial: `0130${random.between(10 ** 9, 10 ** 10 - 1)}`,
    ip: `10.${number}.0.${index + 10}`,
    lat: Number((45.1 + index / 1000).toFixed(4)),
    lng: Number((12.2 + number / 10).toFixed(4)),
  }));
  const clients = Array.from({ length: 40 }, (_, index) =>
    createClient(plan.domain, number, index, addresses(), random),
  );
  return {
    ...plan,
    vhmId: String(plan.ownerId),
    admins,
    accessPoints,
    clients,
    ppskUsers: [],
    pendingTexts: [],
    privacyTasks: [],
    ppskCount: 0,
    privacyTaskCount: 0,
  };
}

function createClient(domain: string, tenant: number, index: number, mac: string, random: Random): Client {
  const user = `${random.pick(givenNames)}.${random.pick(familyNames)}`;
  const ways = [
    { authType: 'PEAP', userName: `${user}@${domain}`, identity: `anonymous@${domain}` },
    { authType: 'PEAP', userName: `${domain.split('.')[0]?.toUpperCase()}\\${user}`, identity: user },
    { authType: 'EAP-TLS', userName: `host/pc-${index}.${domain}`, identity: `host/pc-${index}.${domain}` },
    { authType: 'EAP-TLS', userName: `PC-${index}$`, identity: `PC-${index}$` },
    { authType: 'MAC', userName: mac, identity: mac },
  ];
  return {
    mac,
    ipv4: `172.16.${tenant}.${index + 20}`,
    ipv6: random.chance(0.5) ? `2001:db8:${tenant}::${(index + 32).toString(16)}` : null,
    ...random.pick(devices),
    ...random.pick(ways),
    authenticated: undefined,
    session: undefined,
  };
}

/** Returns each MAC address once. */
function macAddresses(random: Random): () => string {
  let count = random.between(0, 0xffff);
  return () => `${random.pick(['c413e2', 'dcac3d', '0a5f13'])}${(count++ % 0x1000000).toString(16).padStart(6, '0')}`;
}
