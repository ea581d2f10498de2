// A destination that gets its documents without the values that the operator redacts.
import type { Batch, BatchItem, Destination, DestinationDefinition, SecretSource } from '@xiq-siem/core';
import { minKeyLength, type RedactDocument } from './redact-document.ts';
import { storedDocument } from './stored-document.ts';

/** The verdict if the key is missing or too short: nothing is sent. */
const keyMissing = 'redaction_key_missing';

/** The definition with the code that a redacting destination may report. */
export const redactingDefinition = (definition: DestinationDefinition): DestinationDefinition => ({
  ...definition,
  codes: [...definition.codes, keyMissing],
});

function redactItem(item: BatchItem, redact: RedactDocument, key: string): BatchItem {
  const json = redact(item.json, key);
  let document: BatchItem['document'] | undefined;
  return {
    ...item,
    json,
    get document() {
      document ??= storedDocument(json) ?? item.document;
      return document;
    },
  };
}

/** `key`: undefined if no rule needs one. It is the last moment before sending: dead letters and the journal are complete. */
export function redactingDestination(
  destination: Destination,
  redact: RedactDocument,
  key: SecretSource | undefined,
): Destination {
  const deliver: Destination['deliver'] = async ({ items }: Batch, signal, attempt) => {
    const secret = key?.current()[0]?.reveal();
    if (key !== undefined && (secret === undefined || secret.length < minKeyLength)) {
      const message = `the key of \`redact\` is missing or shorter than ${minKeyLength} characters: write its file again`;
      return { batch: 'misconfigured', code: keyMissing, message };
    }
    return destination.deliver({ items: items.map((item) => redactItem(item, redact, secret ?? '')) }, signal, attempt);
  };
  return new Proxy(destination, {
    get: function memberOfDestination(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === 'deliver') return deliver;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
