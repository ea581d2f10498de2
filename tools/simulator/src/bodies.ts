// Generates webhook bodies of a seeded, persistent world: the same options give the same bytes.
import { type BodyOptions, createBodyWriter, type GeneratedBody, type SpelledElement } from './body-writer.ts';
import { createClock } from './clock.ts';
import { generateAlert } from './generate/alert.ts';
import { generateAudit, generateGdpr } from './generate/audit.ts';
import { type Element, type EventContext, eventContexts, type Generate } from './generate/context.ts';
import { generateCredential, generateEmail, generateSms } from './generate/guest.ts';
import { generateApCentric, generateClientCentric } from './generate/location.ts';
import { generatePrivacyTask } from './generate/privacy.ts';
import { generateAccounting, generateAuthentication } from './generate/radius.ts';
import type { JsonObject } from './json.ts';
import { messageTypes, type SentType } from './message-types.ts';
import { createRandom } from './random.ts';
import { contentOf } from './shapes/content.ts';
import { withGaps } from './shapes/gaps.ts';
import { createWorld } from './world.ts';

export interface GenerateOptions extends BodyOptions {
  readonly seed: number;
  readonly types?: readonly SentType[];
  /** Events, not bodies; 0: unlimited. */
  readonly count?: number;
  /** Maximum number of elements in an array body. */
  readonly batch?: number;
  readonly startTimeMs?: number;
  /** Time between two events in the simulated world. */
  readonly stepMs?: number;
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
  const { seed, types = messageTypes, count = 0, batch = 10 } = options;
  const { startTimeMs = defaultStartTimeMs, stepMs = 1000 } = options;
  const shapes = new Set(options.shapes);
  const random = createRandom(seed);
  const writer = createBodyWriter(random, options);
  const clock = createClock(startTimeMs, stepMs, random);
  const newContext = eventContexts(createWorld(random), clock, random, { anyTimeForm: shapes.has('times') });
  const byWeight = types.flatMap((type) => Array<SentType>(families[type].weight).fill(type));

  function newElement(messageType: SentType, context: EventContext, maxEvents: number): Element {
    const isRow = messageType === 'GDPR_LOG_ALL' && shapes.has('content');
    const element = (isRow ? generatePrivacyTask : families[messageType].generate)(context, maxEvents);
    const content = shapes.has('content') ? contentOf[messageType](element.fields, context) : element.fields;
    const fields = shapes.has('gaps') ? withGaps(content, random) : content;
    return { ...element, fields: random.chance(0.03) ? { ...fields, ...unknownFields } : fields };
  }

  let left = count === 0 ? Number.POSITIVE_INFINITY : count;
  for (let number = 0; left > 0; number++) {
    const messageType = types[number] ?? random.pick(byWeight);
    const casing = writer.pickCasing();
    const bare = random.chance(0.4);
    const wanted = bare ? 1 : random.between(1, batch);
    // Plain bodies mix the elements of several accounts, as they always did; a real body is of one account.
    const context = shapes.size === 0 ? undefined : newContext(casing);
    const elements: SpelledElement[] = [];
    let events = 0;
    while (elements.length < wanted && events < left) {
      const element = newElement(messageType, context ?? newContext(casing), left - events);
      elements.push(writer.spell(element.fields, casing));
      events += element.events;
    }
    left -= events;
    const [first] = elements;
    yield { ...writer.write(messageType, bare && first !== undefined ? first : elements, casing), events };
  }
}
