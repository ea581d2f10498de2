// Writes elements as webhook bodies: names, style, envelope and charset.
import { type Json, type JsonObject, type RepeatedNames, toJson } from './json.ts';
import type { SentType } from './message-types.ts';
import type { Random } from './random.ts';
import type { Shape } from './shapes/shapes.ts';
import { type Envelope, envelopes, inEnvelope, pickCharset, plainCharset, withRepeatedName } from './shapes/wire.ts';
import { type Casing, rareCasings, spell } from './spelling.ts';

export interface BodyOptions {
  /** `mixed`: one of both for each body, a few with both. */
  readonly casing?: 'camel' | 'snake' | 'mixed';
  readonly shapes?: readonly Shape[];
  /** Default: none, or any with the shapes `envelopes`. */
  readonly envelope?: Envelope | undefined;
}

export interface GeneratedBody {
  readonly messageType: SentType;
  /** JSON: an array of elements, or a single object; perhaps in an envelope. */
  readonly body: Buffer;
  readonly contentType: string;
  /** Number of events: one for each element, or one for each location observation. */
  readonly events: number;
}

export type SpelledElement = JsonObject | RepeatedNames;

export interface BodyWriter {
  pickCasing(): Casing;
  spell(fields: JsonObject, casing: Casing): SpelledElement;
  /** `content` is an element, or an array of elements. */
  write(messageType: SentType, content: SpelledElement | readonly SpelledElement[], casing: Casing): WrittenBody;
}

type WrittenBody = Omit<GeneratedBody, 'events'>;

/** Without shapes and envelope it makes no more random choices than it did before these existed: bodies stay the same. */
export function createBodyWriter(random: Random, options: BodyOptions): BodyWriter {
  const { casing = 'mixed', envelope } = options;
  const shapes = new Set(options.shapes);

  function pickEnvelope(): Envelope | undefined {
    if (envelope !== undefined) return envelope;
    return shapes.has('envelopes') && random.chance(0.8) ? random.pick(envelopes) : undefined;
  }

  return {
    pickCasing: function pickBodyCasing() {
      if (shapes.has('names') && random.chance(0.6)) return random.pick(rareCasings);
      return casing === 'mixed' ? mixedCasing(random) : casing;
    },
    spell: function spellElement(fields, own) {
      const spelled = spell(fields, own, random);
      return shapes.has('repeats') ? withRepeatedName(spelled, random) : spelled;
    },
    write: function writeBody(messageType, content, own) {
      const form = pickEnvelope();
      const value: Json = form === undefined ? content : inEnvelope(form, content, messageType, own === 'snake');
      const text = toJson(value, { spaced: random.chance(0.2), ascii: random.chance(0.2) });
      const { contentType, encode } = shapes.has('charsets') ? pickCharset(random) : plainCharset;
      return { messageType, body: encode(text), contentType };
    },
  };
}

function mixedCasing(random: Random): Casing {
  return random.chance(0.1) ? 'both' : random.chance(0.5) ? 'camel' : 'snake';
}
