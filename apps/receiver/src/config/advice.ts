// What a valid configuration could do better.
import { secretAdvice } from '../secrets.ts';
import type { Configuration } from './load.ts';

export function advise(configuration: Configuration): readonly string[] {
  return configuration.sources.flatMap(({ name, secrets }) => [
    `subscribe at ExtremeCloud IQ with one URL a message type, /webhooks/${name}/<MESSAGE_TYPE>: at /webhooks/${name} types are told apart by shape, and GDPR events pass for audit events`,
    ...secrets.flatMap(({ reference }) => secretAdvice(reference, configuration.resolvePath) ?? []),
  ]);
}
