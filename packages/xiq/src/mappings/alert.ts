// ALERT: an alert policy of ExtremeCloud IQ has found something. The fields are those of the REST API's model.
import type { TargetFields } from '../document/target-fields.ts';
import type { FieldTable } from '../read/field-table.ts';
import { readMac } from '../read/mac.ts';
import { classify, commonFields, personOf, relatePerson } from './common.ts';
import {
  type Classification,
  type ClassificationRow,
  classification,
  defineMapping,
  type MappingInput,
} from './mapping.ts';
import { operatorsClassification, statusWord } from './words.ts';

const raised = 'alert-raised';

const inCategory = (category?: TargetFields['event.category'][number]) =>
  classification(raised, category && [category], ['info']);

/** By the API's categories. Only those of security are about attacks. */
const categories: ReadonlyMap<string, Classification> = new Map([
  ['SECURITY', inCategory('intrusion_detection')],
  ['DEVICE', inCategory('host')],
  ['CLIENT', inCategory('network')],
  ['PERFORMANCE', inCategory('network')],
  ['CONFIGURATION', inCategory('configuration')],
]);
const anyCategory = inCategory();

interface Severity {
  /** `event.severity`, on the scale of Elastic's detection rules. */
  readonly value: number;
  readonly level: Classification['level'];
}

const critical: Severity = { value: 99, level: 'critical' };
const warning: Severity = { value: 47, level: 'warning' };
const info: Severity = { value: 0, level: 'info' };

/** By name and by id. At the sender, 1 is the highest. */
export const severities: ReadonlyMap<string, Severity> = new Map([
  ['CRITICAL', critical],
  ['WARNING', warning],
  ['INFO', info],
  ['1', critical],
  ['2', warning],
  ['3', info],
]);

/** Types of a source that are a device of the network, with `observer.type` where it is certain. */
const devices: ReadonlyMap<string, string | undefined> = new Map([
  ['DEVICE', undefined],
  ['AP', 'access-point'],
  ['ACCESS_POINT', 'access-point'],
  ['SWITCH', 'switch'],
]);

const alertFields = {
  ...commonFields,
  summary: { as: 'text', to: ['message'] },
  severity_name: { as: 'text', also: ['severity'], to: ['extreme.xiq.alert.severity'] },
  severity_id: { as: 'count', to: ['extreme.xiq.alert.severity_id'] },
  category: { as: 'text', also: ['category_name'], to: ['extreme.xiq.alert.category'] },
  category_id: { as: 'text', to: ['extreme.xiq.alert.category_id'] },
  message_metadata_type: { as: 'text', also: ['type'], to: ['extreme.xiq.alert.type'] },
  message_metadata_id: { as: 'text', to: ['extreme.xiq.alert.type_id'] },
  message_metadata_name: { as: 'text', to: ['extreme.xiq.alert.type_name'] },
  alert_policy_id: { as: 'text', to: ['extreme.xiq.alert.policy_id'] },
  alert_policy_name: { as: 'text', to: ['extreme.xiq.alert.policy_name', 'rule.ruleset'] },
  alert_rule_id: { as: 'text', to: ['rule.id'] },
  alert_rule_name: { as: 'text', to: ['rule.name'] },
  source: { as: 'object' },
  source_type_name: { as: 'text', also: ['source_type'], within: 'source', to: ['extreme.xiq.alert.source_type'] },
  source_type_id: { as: 'text', within: 'source', to: ['extreme.xiq.alert.source_type_id'] },
  source_name: { as: 'text', within: 'source', to: ['extreme.xiq.alert.source_name'] },
  source_id: { as: 'text', within: 'source', to: ['extreme.xiq.alert.source_id'] },
  site_id: { as: 'text', to: ['extreme.xiq.alert.site_id'] },
  site_name: { as: 'text', to: ['extreme.xiq.alert.site_name'] },
  building_id: { as: 'text', to: ['extreme.xiq.alert.building_id'] },
  building_name: { as: 'text', to: ['extreme.xiq.alert.building_name'] },
  floor_id: { as: 'text', to: ['extreme.xiq.alert.floor_id'] },
  floor_name: { as: 'text', to: ['extreme.xiq.alert.floor_name'] },
  // A list of objects, or an object, with names that we do not know. It stays whole, in extra.
  tags: { as: 'object' },
  acknowledged: { as: 'text' },
  acknowledged_by: { as: 'text', also: ['acknowledged_username'], to: ['extreme.xiq.alert.acknowledged_by'] },
  acknowledged_time: { as: 'time', to: ['extreme.xiq.alert.acknowledged_time'] },
} as const satisfies FieldTable;

type Input = MappingInput<typeof alertFields>;

const rows: readonly ClassificationRow[] = [
  ...[...categories].map(([word, as]) => ({ when: `\`category\` ${word}`, as })),
  { when: 'else', as: anyCategory },
  { when: '`acknowledged` true: as above, but', as: { ...anyCategory, action: 'alert-acknowledged' } },
];

export const alertMapping = defineMapping({
  fields: alertFields,
  classifications: rows,
  finish(input) {
    const { values, draft, meanings, moveToExtra } = input;
    const { category, acknowledged } = values;
    const severity =
      (values.severity_name === undefined ? undefined : severities.get(statusWord(values.severity_name))) ??
      severities.get(String(values.severity_id));
    const own = operatorsClassification(meanings, values.alert_rule_name, values.alert_rule_id, category);
    const builtIn = (category === undefined ? undefined : categories.get(statusWord(category))) ?? anyCategory;
    const isAcknowledged = acknowledged?.toLowerCase() === 'true';
    if (!isAcknowledged && acknowledged?.toLowerCase() !== 'false') moveToExtra('acknowledged');
    else draft.setField('extreme.xiq.alert.acknowledged', isAcknowledged);
    const action = isAcknowledged ? 'alert-acknowledged' : raised;
    classify(draft, own ?? { ...builtIn, action, level: severity?.level ?? builtIn.level });
    draft.setField('event.kind', 'alert');
    draft.setField('event.severity', severity?.value);
    // Older models have a type in place of a rule.
    const { message_metadata_name: typeName, message_metadata_type: type } = values;
    if (values.alert_rule_name === undefined) draft.setField('rule.name', typeName ?? type);
    if (values.acknowledged_by !== undefined) relatePerson(draft, personOf(values.acknowledged_by));
    setSource(input);
  },
});

/** The device or the client that the alert is about. */
function setSource({ values, draft }: Input): void {
  const { source_type_name: typeName, source_name: name, source_id: id } = values;
  const type = typeName === undefined ? '' : statusWord(typeName);
  const mac = id === undefined ? undefined : readMac(id);
  if (type === 'CLIENT') draft.setField('client.mac', mac);
  if (!devices.has(type)) return;
  draft.setField('observer.type', devices.get(type));
  draft.setField('observer.hostname', name);
  draft.addToList('related.hosts', name);
  // The API finds alerts by serial number or MAC.
  if (mac !== undefined) draft.addToList('observer.mac', mac);
  else draft.setField('observer.serial_number', id);
}
