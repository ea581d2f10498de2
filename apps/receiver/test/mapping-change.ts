// For tests: events that the built-in mapping knows in part, an operator's mapping for them, and the fields it changes.
import { z } from 'zod';

/** An alternative field name, an audit code, a status word. */
export const mapping = `fields:
  audit:
    username: [ actorName ]
auditCodes:
  50012: { action: ssid-changed, category: [ configuration ], type: [ change ], outcome: success }
statusWords:
  zugestellt: success
`;

const timestamp = Date.parse('2026-03-01T12:00:00Z');
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

/** Two bodies by message type. `mapping` changes all 10 SMS events and 20 of the 25 audit events. */
export const bodies = {
  AUDIT_LOG_ALL: [
    ...numbers(20).map((at) => ({
      ...{ timestamp: timestamp + at, userId: at, actorName: 'j.doe', code: 50_012, description: 'SSID guests' },
    })),
    ...numbers(5).map((at) => ({
      ...{ timestamp: timestamp + at, userId: 100 + at, username: 'a.roe', code: 10_001, description: 'Logged in' },
    })),
  ],
  SMS_LOG_ALL: numbers(10).map((at) => ({
    ...{ timestamp: timestamp + at, messageId: `SM${at}`, tel: '+49 30 5550100', status: 'Zugestellt' },
  })),
} as const;

const document = z.object({
  event: z.object({ id: z.string(), dataset: z.string(), action: z.string(), outcome: z.string().optional() }),
  user: z.object({ name: z.string().optional() }).optional(),
  extreme: z.object({ xiq: z.object({ mapping_version: z.string() }) }),
});

/** The fields that the mapping affects. */
export interface Reading {
  readonly id: string;
  readonly dataset: string;
  readonly action: string;
  readonly outcome: string | undefined;
  readonly username: string | undefined;
  readonly mappingVersion: string;
}

/** In the order of their ids. */
export function mappedFieldsOf(documents: readonly unknown[]): readonly Reading[] {
  return documents.map(mappedFields).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function mappedFields(value: unknown): Reading {
  const { event, user, extreme } = document.parse(value);
  const { id, dataset, action, outcome } = event;
  return { id, dataset, action, outcome, username: user?.name, mappingVersion: extreme.xiq.mapping_version };
}
