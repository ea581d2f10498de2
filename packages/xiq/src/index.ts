// What ExtremeCloud IQ means.
export { messageTypes } from './message-types.ts';
export type { ApiClock } from './rest/api-clock.ts';
export type { LogPage, LogSpan, LogType } from './rest/log-pages.ts';
export { logTypes } from './rest/log-pages.ts';
export type { RequestBudget } from './rest/request-budget.ts';
export type { XiqCredentials } from './rest/session.ts';
export type { WantedSubscription, XiqSubscription } from './rest/subscription.ts';
export type { XiqSubscriptions } from './rest/subscriptions.ts';
export type { XiqApi, XiqApiOptions } from './rest/xiq-api.ts';
export { createXiqApi } from './rest/xiq-api.ts';
export { xiqSource } from './source.ts';
