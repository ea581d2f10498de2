// What the events of ExtremeCloud IQ mean.
export type { SubscriptionsConfig, XiqApiConfig } from './account-config.ts';
export { bareHost, isLoopbackHost } from './account-config.ts';
export { decodeBody } from './body/decode.ts';
export { parseExactly } from './body/parse-exactly.ts';
export { itemSpans, memberSpan, scanBody } from './body/scan.ts';
export { camelCase } from './field-table.ts';
export { countedIdentities } from './identity.ts';
export { mappers, mappersWith } from './mappings/table.ts';
export type { MessageType } from './message-types.ts';
export { looksLikeMessageType, messageTypes } from './message-types.ts';
export type { IdentifiedEvent } from './normalize.ts';
export { normalizeBody } from './normalize.ts';
export { additionsOf } from './operator/additions.ts';
export type { OperatorRules } from './operator/mapping-schema.ts';
export { mappingSchema } from './operator/mapping-schema.ts';
export { zoneOffset } from './read/time.ts';
export { xiqSource } from './source.ts';
export { newTally } from './tally.ts';
