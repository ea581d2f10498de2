// Generates webhook bodies of a seeded, persistent world: the same options give the same bytes.
import { createClock } from './clock.ts';
import { generateAlert } from './generate/alert.ts';
import { generateAudit, generateGdpr } from './generate/audit.ts';
import { eventContexts, type Generate } from './generate/context.ts';
import { generateCredential, generateEmail, generateSms } from './generate/guest.ts';
import { generateApCentric, generateClientCentric } from './generate/location.ts';
import { generateAccounting, generateAuthentication } from './generate/radius.ts';
import { type JsonObject, toJson } from './json.ts';
import { messageTypes, type SentType } from './message-types.ts';
import { createRandom, type Random } from './random.ts';
import { type Casing, spell } from './spelling.ts';
import { createWorld } from './world.ts';

export interface GenerateOptions {
  readonly seed: number;
  readonly types?: readonly SentType[];
  /** Events, not bodies; 0: unlimited. */
  readonly count?: number;
  /** Maximum number of elements in an array body. */
  readonly batch?: number;
  /** `mixed`: one of both for each body, a few with both. */
  readonly casing?: 'camel' | 'snake' | 'mixed';
  readonly startTimeMs?: number;
  /** Time between two events in the simulated world. */
  readonly stepMs?: number;
}

export interface GeneratedBody {
  readonly messageType: SentType;
  /** UTF-8 JSON: an array of elements, or a single object. */
  readonly body: Buffer;
  /** Number of events: one for each element, or one for each location observation. */
  readonly events: number;
}

export const defaultStartTimeMs = Date.parse('2026-01-01T00:00:00Z');

const families: Readonly<Record<SentType, { readonly generate: Generate; readonly weight: number }>> = {
  LOCATION_AP_CENTRIC: { generate: generateApCentric, weight: 3 },
  LOCATION_CLIENT_CENTRIC: { generate: generateClientCentric, weight: 2 },
  AUDIT_LOG_ALL: { generate: generateAudit, weight: 3 },
  GDPR_LOG_ALL: { generate: generateGdpr, weight: 1 },
  CREDENTIAL_LOG_ALL: { generate: generateCredential, weight: 1 },
  ACCOUNTING_LOG_ALL: { generate: generateAccounting, weight: 5 },
  AUTHENTICATION_LOG_ALL: { generate: generateAuthentication, weight: 4 },
  EMAIL_LOG_ALL: { generate: generateEmail, weight: 1 },
  SMS_LOG_ALL: { generate: generateSms, weight: 2 },
  ALERT: { generate: generateAlert, weight: 1 },
};

/** Fields that a later version of the API may add. */
const unknownFields: JsonObject = { firmware_build: { branch: '10.8r2', parts: [7, null, { signed: true }] } };

/** Yields one body of each type first, then random types, until `count` events are generated. */
export function* generateBodies(options: GenerateOptions): Generator<GeneratedBody, void, undefined> {
  const { seed, types = messageTypes, count = 0, batch = 10, casing = 'mixed' } = options;
  const { startTimeMs = defaultStartTimeMs, stepMs = 1000 } = options;
  const random = createRandom(seed);
  const context = eventContexts(createWorld(random), createClock(startTimeMs, stepMs, random), random);
  const byWeight = types.flatMap((type) => Array<SentType>(families[type].weight).fill(type));

  let left = count === 0 ? Number.POSITIVE_INFINITY : count;
  for (let number = 0; left > 0; number++) {
    const messageType = types[number] ?? random.pick(byWeight);
    const bodyCasing = casing === 'mixed' ? mixedCasing(random) : casing;
    const bare = random.chance(0.4);
    const wanted = bare ? 1 : random.between(1, batch);
    const elements: JsonObject[] = [];
    let events = 0;
    while (elements.length < wanted && events < left) {
      const element = families[messageType].generate(context(bodyCasing), left - events);
      const fields = random.chance(0.03) ? { ...element.fields, ...unknownFields } : element.fields;
      elements.push(spell(fields, bodyCasing, random));
      events += element.events;
    }
    left -= events;
    const [first] = elements;
    const style = { spaced: random.chance(0.2), ascii: random.chance(0.2) };
    const body = Buffer.from(toJson(bare && first !== undefined ? first : elements, style));
    yield { messageType, body, events };
  }
}

function mixedCasing(random: Random): Casing {
  return random.chance(0.1) ? 'both' : random.chance(0.5) ? 'camel' : 'snake';
}
