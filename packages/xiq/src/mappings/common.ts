// Fields that any message type may carry.
import type { FieldTable } from '../field-table.ts';

export const commonFields = {
  timestamp: { as: 'time', also: ['time_stamp'] },
  id: { as: 'text', to: ['extreme.xiq.id'] },
  owner_id: { as: 'text', also: ['vhm_id'], to: ['cloud.account.id', 'organization.id', 'extreme.xiq.owner_id'] },
  vhm_name: { as: 'text', to: ['cloud.account.name', 'organization.name'] },
  // 0 in every example: as organization.id it would join all tenants.
  org_id: { as: 'text', to: ['extreme.xiq.org_id'] },
  org_name: { as: 'text', to: ['extreme.xiq.org_name'] },
} as const satisfies FieldTable;
