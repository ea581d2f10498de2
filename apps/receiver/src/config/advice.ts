// What a valid configuration could do better.
import { secretAdvice } from '../secrets.ts';
import type { Configuration } from './load.ts';

export function advise({ sources, destinations, resolvePath }: Configuration): readonly string[] {
  const oneUrlAType = sources.map(
    ({ name }) =>
      `subscribe at ExtremeCloud IQ with one URL a message type, /webhooks/${name}/<MESSAGE_TYPE>: at /webhooks/${name} types are told apart by shape, and GDPR events pass for audit events`,
  );
  const readable = [...sources, ...sources.map(({ ownSecrets }) => ({ secrets: ownSecrets })), ...destinations].flatMap(
    ({ secrets }) => secrets.flatMap(({ reference }) => secretAdvice(reference, resolvePath) ?? []),
  );
  return [...oneUrlAType, ...readable];
}
