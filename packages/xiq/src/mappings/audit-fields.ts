// The fields of an audit event, and of a GDPR event, which is taken for one.
import type { DocumentDraft } from '../document-draft.ts';
import type { FieldTable, ValuesOf } from '../field-table.ts';
import { type KeyPart, type MappingInput, timeKey } from '../mapping.ts';
import { auditCategories, type Classification } from './audit-codes.ts';
import { commonFields } from './common.ts';
import { setPerson } from './person.ts';

export const auditFields = {
  ...commonFields,
  user_id: { as: 'text', to: ['user.id'] },
  username: { as: 'text', also: ['user_name'] },
  code: { as: 'text', to: ['event.code'] },
  category: { as: 'text' },
  description: { as: 'text', to: ['message'] },
  parameters: { as: 'text', to: ['extreme.xiq.audit.parameters'] },
  full_description_id: { as: 'text', to: ['extreme.xiq.audit.full_description_id'] },
  config: { as: 'text', to: ['extreme.xiq.audit.config'] },
  host_names: { as: 'list', to: ['related.hosts'] },
  device_ids: { as: 'list', to: ['extreme.xiq.device.ids'] },
  device_count: { as: 'count', to: ['extreme.xiq.device.count'] },
} as const satisfies FieldTable;

type AuditValues = ValuesOf<typeof auditFields>;

export function auditKey(values: AuditValues): readonly KeyPart[] {
  return [timeKey(values.timestamp), values.user_id, values.code, values.description];
}

/** Names the category where it can, keeps what it cannot, and gives the name. */
function categoryName({ values, draft, leave }: MappingInput<typeof auditFields>): string | undefined {
  const { category } = values;
  if (category === undefined) return undefined;
  const number = /^\d{1,9}$/.test(category) ? Number(category) : undefined;
  const name = auditCategories.find((known, index) => known === category.toLowerCase() || index + 1 === number);
  draft.set('extreme.xiq.audit.category_id', number);
  draft.set('extreme.xiq.audit.category', name);
  if (name !== undefined && number !== undefined) draft.set('extreme.xiq.audit.category_derived', true);
  if (name === undefined && number === undefined) leave('category');
  return name;
}

export function classify(draft: DocumentDraft, { action, category, type, outcome, level }: Classification): void {
  draft.set('event.action', action);
  draft.set('event.category', category);
  draft.set('event.type', type);
  draft.set('event.outcome', outcome);
  draft.set('log.level', level);
}

/** What audit and GDPR events share; gives the category's name. */
export function finishAudit(input: MappingInput<typeof auditFields>): string | undefined {
  const { values, draft, leave } = input;
  draft.time = values.timestamp;
  if (setPerson(draft, 'user', values.username)) leave('username');
  if (values.description === undefined && values.parameters !== undefined) draft.set('message', values.parameters);
  return categoryName(input);
}
