// Reads the events of ExtremeCloud IQ.
export type { SubscriptionsConfig, XiqApiConfig } from './account-config.ts';
export { alertMessageType, bareHost, isLoopbackHost } from './account-config.ts';
export { decodeBody } from './body/charset.ts';
export { parseExactly } from './body/fold-json.ts';
export { itemSpans, memberSpan, scanBody } from './body/scan.ts';
export { countedIdentities } from './identity.ts';
export { mappers, mappersWith, mappings } from './mappings/table.ts';
export { outcomeWords } from './mappings/words.ts';
export type { MessageType } from './message-types.ts';
export { looksLikeMessageType, messageTypes } from './message-types.ts';
export type { IdentifiedEvent } from './normalize.ts';
export { newTally, normalizeBody } from './normalize.ts';
export type { OperatorRules } from './operator/mapping-schema.ts';
export { additionsOf, mappingSchema } from './operator/mapping-schema.ts';
export { plainName } from './plain-name.ts';
export { camelCase } from './read/field-table.ts';
export { zoneOffset } from './read/time.ts';
export { xiqSource } from './source.ts';
