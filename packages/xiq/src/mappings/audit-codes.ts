// What an audit code means. Data: a newly met code is a line here, nothing else.
import type { Places } from '../places.ts';

/** How an event is classified. */
export interface Classification {
  readonly action: string;
  readonly category?: Places['event.category'] | undefined;
  readonly type: Places['event.type'];
  readonly outcome?: Places['event.outcome'] | undefined;
  readonly level: Places['log.level'];
}

export interface AuditCode extends Classification {
  /** What stands before the name of the user that the event is about, in its description. */
  readonly targetAfter?: string;
}

export const auditCodes: Readonly<Record<string, AuditCode>> = {
  '10001': { action: 'admin-login', category: ['authentication'], type: ['start'], outcome: 'success', level: 'info' },
  '10002': {
    action: 'admin-logout',
    category: ['authentication', 'session'],
    type: ['end'],
    outcome: 'success',
    level: 'info',
  },
  '40001': {
    action: 'ppsk-user-created',
    category: ['iam'],
    type: ['user', 'creation'],
    outcome: 'success',
    level: 'info',
    targetAfter: 'Created Cloud PPSK User ',
  },
  '40003': {
    action: 'ppsk-user-deleted',
    category: ['iam'],
    type: ['user', 'deletion'],
    outcome: 'success',
    level: 'notice',
    targetAfter: 'Deleted Cloud PPSK User ',
  },
};

/**
 * The REST API's enumeration, in its published order. That the webhook's numbers count along it, from 1, is an inference
 * (1 is documented): the number is always kept, and a name that comes from it is marked as derived.
 */
export const auditCategories = ['admin', 'system', 'deployment', 'config', 'monitor', 'alarm'] as const;

/** What the category says of a code that is not in the table. A category that is not here says nothing. */
export const auditCategoryMeanings: Readonly<Record<string, Classification>> = {
  admin: { action: 'admin-activity', category: ['iam'], type: ['admin', 'info'], level: 'info' },
  config: { action: 'config-changed', category: ['configuration'], type: ['change'], level: 'notice' },
  deployment: { action: 'config-deployed', category: ['configuration'], type: ['change'], level: 'notice' },
};
