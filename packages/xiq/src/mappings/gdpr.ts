// GDPR_LOG_ALL: tasks on personal data. The columns of the product's GDPR log are public, its payload is not: so an element
// with the fields of an audit event is read too.
import { writeTime } from '../document/write-time.ts';
import type { FieldTable } from '../read/field-table.ts';
import { auditFields, auditKey, setCategory } from './audit.ts';
import { classify, setActor, setTarget } from './common.ts';
import {
  type Classification,
  type ClassificationRow,
  classification,
  defineMapping,
  type MappingInput,
} from './mapping.ts';
import { operatorsClassification, outcomeOf, statusWord } from './words.ts';

const erasure = classification('gdpr-data-erasure', ['iam'], ['user', 'deletion'], 'warning');
const download = classification('gdpr-data-export', ['iam', 'database'], ['user', 'access']);
const other = classification('gdpr-activity', ['iam'], ['info']);

/** The tasks of the GDPR log, as `statusWord` writes them. */
const tasks: ReadonlyMap<string, Classification> = new Map([
  ['DOWNLOAD_CLIENT_DATA', download],
  ['DELETE_CLIENT_DATA', erasure],
  ['DELETE_USER_DATA', erasure],
  ['DELETE_ADMIN_DATA', erasure],
]);

/** Words in other texts. The first match is used. */
const keywords: readonly (readonly [RegExp, Classification])[] = [
  [/\b(?:delet|eras|remov|forg[eo]t)/i, erasure],
  [/\b(?:view|export|download)/i, download],
];

const byKeyword = (text: string | undefined): Classification | undefined =>
  text === undefined ? undefined : keywords.find(([pattern]) => pattern.test(text))?.[1];

const rows: readonly ClassificationRow[] = [
  ...[...tasks].map(([task, as]) => ({ when: `\`category\` ${task}`, as })),
  ...keywords.map(([pattern, as]) => ({
    when: `\`category\`, then \`description\`, matches \`${pattern.source}\``,
    as,
  })),
  { when: 'else', as: other },
];

const gdprFields = {
  ...auditFields,
  log_id: { as: 'text', to: ['extreme.xiq.gdpr.log_id'] },
  // start, end: the columns of the log.
  start_time: { as: 'time', also: ['start'] },
  end_time: { as: 'time', also: ['end'], to: ['event.end'] },
  status: { as: 'text', to: ['extreme.xiq.status'] },
  mac: { as: 'mac', to: ['client.mac'] },
  admin: { as: 'text' },
} as const satisfies FieldTable;

function setSpan({ values, draft, moveToExtra }: MappingInput<typeof gdprFields>): void {
  const { start_time: start, end_time: end } = values;
  if (start === undefined) return;
  if (end !== undefined && end.ms < start.ms) {
    moveToExtra('start_time');
    return;
  }
  draft.setField('event.start', writeTime(start.ms));
  const nanoseconds = end === undefined ? Number.NaN : (end.ms - start.ms) * 1_000_000;
  if (Number.isSafeInteger(nanoseconds)) draft.setField('event.duration', nanoseconds);
}

/** A task is several entries with one log id: it starts, then it ends. */
export const gdprMapping = defineMapping({
  fields: gdprFields,
  classifications: rows,
  loggedAt: ({ timestamp }) => timestamp,
  key: (values) => auditKey(values),
  times: () => ['timestamp', 'end_time', 'start_time'],
  finish(input) {
    const { values, draft, meanings } = input;
    const { admin, username, category, description, parameters } = values;
    setActor(draft, admin ?? username);
    // Beside the admin, another user is the one whose data it is.
    if (admin !== undefined) setTarget(draft, username);
    if (description === undefined) draft.setField('message', parameters ?? category);
    const found =
      operatorsClassification(meanings, category, values.code) ??
      (category === undefined ? undefined : tasks.get(statusWord(category))) ??
      byKeyword(category) ??
      byKeyword(description ?? parameters) ??
      other;
    classify(draft, { ...found, outcome: outcomeOf(values.status, meanings) ?? found.outcome });
    if (category !== undefined && /\D/.test(category)) draft.setField('extreme.xiq.gdpr.category', category);
    else setCategory(input);
    setSpan(input);
    draft.addToList('tags', 'gdpr');
  },
});
