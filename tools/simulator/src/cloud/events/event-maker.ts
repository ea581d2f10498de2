// Generates events of a seeded, persistent world, each in its webhook and its REST form.
import { generateAlert } from '../../generate/alert.ts';
import { auditAction, gdprAction, restAudit, webhookAudit } from '../../generate/audit.ts';
import type { EventContext, Generate, Stamp } from '../../generate/context.ts';
import { generateCredential, generateEmail, generateSms } from '../../generate/guest.ts';
import { generateApCentric, generateClientCentric } from '../../generate/location.ts';
import { generateAccounting, generateAuthentication } from '../../generate/radius.ts';
import type { Json, JsonObject } from '../../json.ts';
import { type SentType, sentTypes } from '../../message-types.ts';
import { createRandom, type Random } from '../../random.ts';
import { spell } from '../../spelling.ts';
import { createWorld, type Tenant } from '../../world.ts';
import { idSeries } from '../ids.ts';

export interface MadeEvent {
  /** camelCase, alerts in snake_case; `id` is null where the log has one. */
  readonly webhook: JsonObject;
  /** snake_case with an id; also generated for types without a log. */
  readonly rest: JsonObject;
}

export interface EventMaker {
  /** `tenant` must be below `maxAccounts`. */
  make(tenant: number, type: SentType, timeMs: number): MadeEvent;
  /** The same event with another id. */
  repeat(type: SentType, event: MadeEvent): MadeEvent;
  /** The tenant of an account. */
  tenant(number: number): Tenant;
  /** Resets the world. */
  clear(): void;
}

/** Maximum number of accounts. */
export const maxAccounts = 3;

const logGenerators = {
  CREDENTIAL_LOG_ALL: generateCredential,
  ACCOUNTING_LOG_ALL: generateAccounting,
  AUTHENTICATION_LOG_ALL: generateAuthentication,
  EMAIL_LOG_ALL: generateEmail,
  SMS_LOG_ALL: generateSms,
} as const satisfies Partial<Record<SentType, Generate>>;

/** Fields that a later version of the API may add. */
const unknownFields: JsonObject = { firmwareBuild: { branch: '10.8r2', parts: [7, null] } };

export function createEventMaker(seed: number): EventMaker {
  let world = begin(seed);

  function tenantOf(number: number): Tenant {
    const own = world.tenants[number];
    if (own === undefined) throw new RangeError(`no tenant ${number}`);
    return own;
  }

  function idOf(type: SentType): Json {
    return type === 'AUTHENTICATION_LOG_ALL' ? world.random.hex(12) : (world.series.get(type)?.() ?? 0);
  }

  function formsOf(type: SentType, context: EventContext): MadeEvent {
    const webhookOf = (fields: JsonObject): JsonObject => spell(fields, 'camel', context.random);
    if (type === 'AUDIT_LOG_ALL' || type === 'GDPR_LOG_ALL') {
      const adminAction = type === 'AUDIT_LOG_ALL' ? auditAction(context) : gdprAction(context);
      return {
        webhook: webhookOf(webhookAudit(context, adminAction)),
        rest: { ...restAudit(context, adminAction), id: idOf(type) },
      };
    }
    if (type === 'ALERT') {
      const { fields } = generateAlert(context, 1);
      return { webhook: fields, rest: fields };
    }
    if (type === 'LOCATION_AP_CENTRIC' || type === 'LOCATION_CLIENT_CENTRIC') {
      const generate = type === 'LOCATION_AP_CENTRIC' ? generateApCentric : generateClientCentric;
      const { fields } = generate(context, 1);
      return { webhook: webhookOf(fields), rest: fields };
    }
    const { fields } = logGenerators[type](context, 1);
    return { webhook: webhookOf({ ...fields, id: null }), rest: { ...fields, id: idOf(type) } };
  }

  return {
    make: function makeEvent(tenant, type, timeMs) {
      const { webhook, rest } = formsOf(type, contextOf(tenantOf(tenant), world.random, timeMs));
      return { webhook: world.random.chance(0.03) ? { ...webhook, ...unknownFields } : webhook, rest };
    },
    repeat: (type, { webhook, rest }) => ({ webhook, rest: { ...rest, id: idOf(type) } }),
    tenant: tenantOf,
    clear: function resetWorld() {
      world = begin(seed);
    },
  };
}

function begin(seed: number) {
  const random = createRandom(seed);
  // Ids are unique only within a type.
  const series = new Map(sentTypes.map((type) => [type, idSeries(4_100_000, 4)]));
  return { random, tenants: createWorld(random).tenants, series };
}

/** All times are in ms in both forms. Ids are added later, to the REST form only. */
function contextOf(tenant: Tenant, random: Random, timeMs: number): EventContext {
  const tick = (): Stamp => ({ timeMs, form: 'ms', write: (other = timeMs) => other });
  return { random, tenant, casing: 'camel', tick, id: () => 0 };
}
