// The source of what we say about ourselves: kept signals as ECS events. Nobody outside can send as it.
import { Buffer } from 'node:buffer';
import { defineSource, type NormalizedEvent } from '@xiq-siem/core';
import { z } from 'zod';
import { connectorDataset, type ElementFault, type EventContext, faultEvent, signalEvent } from './connector-event.ts';
import { elementTexts } from './element-texts.ts';
import { connectorFields } from './facts.ts';
import { signalSchema } from './signal.ts';

/** No source in a configuration may have this name. */
export const selfSourceName = 'self';

/** We keep far fewer at once. */
const maxElements = 1_000;

export const selfSource = defineSource({
  type: 'self',
  // Where the first source's documents go, the writing credentials suffice.
  configSchema: z.strictObject({ namespace: z.string().min(1).max(100).default('default') }),
  fields: connectorFields,
  create({ namespace }, { agent, meter }) {
    return {
      authenticatesBy: 'headers',
      accepts: () => false,
      authenticate: () => ({ ok: false }),
      *normalize(body, ingestedAtMs) {
        let events = 0;
        const faults = new Map<string, number>();
        try {
          for (const { event, fault } of eventsOf({ namespace, agent, body, ingestedAtMs })) {
            events += 1;
            if (fault !== undefined) faults.set(fault.code, (faults.get(fault.code) ?? 0) + 1);
            yield event;
          }
        } finally {
          // Once a body, also where its reader stops half way.
          if (events > 0) meter.add('events', events, { dataset: connectorDataset });
          else meter.add('empty_bodies', 1);
          for (const [code, count] of faults) meter.add('pipeline_errors', count, { code });
        }
      },
    };
  },
});

interface Read {
  readonly event: NormalizedEvent;
  readonly fault?: ElementFault;
}

function* eventsOf(context: EventContext): Generator<Read> {
  const { body } = context;
  const text = Buffer.from(body.bytes).toString();
  const read = elementsOf(text);
  if ('code' in read) {
    yield { event: faultEvent(context, { index: 0, text }, read), fault: read };
    return;
  }
  const texts = elementTexts(text);
  for (const [index, value] of read.entries()) {
    const element = { index, text: texts[index] ?? '' };
    const { success, data, error } = signalSchema.safeParse(value);
    if (success) {
      yield { event: signalEvent(context, element, data) };
      continue;
    }
    const [issue] = error.issues;
    const where = issue === undefined || issue.path.length === 0 ? 'the element' : issue.path.join('.');
    const fault: ElementFault = {
      code: 'not_a_signal',
      message: `An element of a body of our own is no signal: ${where}: ${issue?.message ?? 'unknown'}`
        .slice(0, 500)
        .toWellFormed(),
    };
    yield { event: faultEvent(context, element, fault), fault };
  }
}

function elementsOf(text: string): readonly unknown[] | ElementFault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { code: 'invalid_json', message: 'A body of our own is not valid JSON.' };
  }
  if (!Array.isArray(value)) return { code: 'not_an_array', message: 'A body of our own is no JSON array of signals.' };
  if (value.length <= maxElements) return value;
  return {
    code: 'too_many_elements',
    message: `A body of our own has ${value.length} elements: at most ${maxElements} are read.`,
  };
}
