// The source `self`: reads stored health events as ECS events. No sender can send as `self`.
import { Buffer } from 'node:buffer';
import { defineSource, type NormalizedEvent } from '@xiq-siem/core';
import { z } from 'zod';
import { connectorFields } from './content.ts';
import {
  type BodyContext,
  connectorDataset,
  type ElementFault,
  faultDocument,
  healthDocument,
} from './health-document.ts';
import { healthEventSchema } from './health-event.ts';
import { toCurrentVersion } from './stored-version-1.ts';

/** The connector stores far fewer in one body. */
const maxElements = 1_000;

export const selfSource = defineSource({
  type: 'self',
  // The namespace of the first source: the credentials of destinations suffice for it.
  configSchema: z.strictObject({ namespace: z.string().min(1).max(100).default('default') }),
  fields: connectorFields,
  datasets: [connectorDataset],
  create({ namespace }, { agent, meter }) {
    return {
      authenticatesBy: 'headers',
      accepts: () => false,
      authenticate: () => ({ ok: false }),
      *normalize(body, ingestedAtMs) {
        let events = 0;
        try {
          for (const { event, fault } of eventsOf({ namespace, agent, body, ingestedAtMs })) {
            events += 1;
            if (fault !== undefined) meter.add('pipeline_errors', 1, { code: fault.code });
            yield event;
          }
        } finally {
          // Once for each body, also if its reader stops early.
          if (events > 0) meter.add('events', events, { dataset: connectorDataset });
          else meter.add('empty_bodies', 1);
        }
      },
    };
  },
});

interface ReadEvent {
  readonly event: NormalizedEvent;
  readonly fault?: ElementFault;
}

function* eventsOf(context: BodyContext): Generator<ReadEvent> {
  const body = { index: 0, text: Buffer.from(context.body.bytes).toString() };
  const elements = elementsOf(body.text);
  if ('code' in elements) {
    yield { event: faultDocument(context, body, elements), fault: elements };
    return;
  }
  for (const [index, { value: stored, text }] of elements.entries()) {
    const { value, storedAction } = toCurrentVersion(stored);
    const { success, data, error } = healthEventSchema.safeParse(value);
    if (success) {
      yield { event: healthDocument(context, { index, text }, data, storedAction) };
      continue;
    }
    const where = error.issues[0]?.path.join('.') || 'the element';
    const message = `An element of a health event body is not a health event: ${where}: ${error.issues[0]?.message}`;
    const fault: ElementFault = { code: 'not_a_health_event', message: message.slice(0, 500).toWellFormed() };
    yield { event: faultDocument(context, { index, text }, fault), fault };
  }
}

function elementsOf(text: string): readonly { readonly value: unknown; readonly text: string }[] | ElementFault {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return { code: 'not_an_array', message: 'A health event body is not a JSON array.' };
    if (value.length > maxElements) {
      const message = `A health event body has ${value.length} elements: at most ${maxElements} are read.`;
      return { code: 'too_many_elements', message };
    }
    // JSON.stringify wrote the body, so this is the exact text of each element.
    return value.map((element: unknown) => ({ value: element, text: JSON.stringify(element) }));
  } catch {
    return { code: 'invalid_json', message: 'A health event body is not valid JSON.' };
  }
}
