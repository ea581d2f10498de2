// Finds the index template of a data stream in the server's lists, and checks that it contains the connector's mappings.
import { z } from 'zod';
import { type TemplateMeta, templateStateOf } from './template-version.ts';
import { names } from './templates.ts';

const mappings = z.object({ dynamic: z.unknown().optional(), _meta: z.unknown().optional() });
const templatePart = z.object({ mappings: mappings.optional() }).optional();

const indexTemplate = z.object({
  index_patterns: z.union([z.string(), z.array(z.string())]),
  priority: z.number().default(0),
  composed_of: z.array(z.string()).default([]),
  template: templatePart,
});
export const indexTemplateList = z.object({
  index_templates: z.array(z.object({ name: z.string(), index_template: indexTemplate })).default([]),
});

const componentTemplate = z.object({ template: templatePart }).optional();
export const componentTemplateList = z.object({
  component_templates: z.array(z.object({ name: z.string(), component_template: componentTemplate })).default([]),
});

export interface TemplateLists {
  readonly index: z.output<typeof indexTemplateList>['index_templates'];
  readonly components: z.output<typeof componentTemplateList>['component_templates'];
}

export interface TemplateFault {
  readonly message: string;
  /** All data streams have this fault: its cause is in the connector's templates. */
  readonly common: boolean;
}

const remedy = 'run `xiq-siem setup`';

/** Why the connector's template is not active for future indices of this data stream. Undefined if it is active. */
export function templateFault(stream: string, lists: TemplateLists, expected: TemplateMeta): TemplateFault | undefined {
  // The sort is stable: the first of two templates with the same priority applies.
  const [winner] = lists.index
    .filter(({ index_template }) => [index_template.index_patterns].flat().some((pattern) => matches(pattern, stream)))
    .toSorted((a, b) => b.index_template.priority - a.index_template.priority);
  const exists = lists.index.some(({ name }) => name === names.index);
  const common = !exists || winner?.name === names.index;
  const fault = (message: string): TemplateFault => ({ message, common });
  if (winner === undefined) return fault(`no index template matches ${stream}: ${remedy}`);

  const { composed_of, priority, template } = winner.index_template;
  if (!composed_of.includes(names.mappings)) {
    return fault(
      exists
        ? `index template ${winner.name} (priority ${priority}) overrides ${names.index} for ${stream}: lower its priority, or narrow its patterns`
        : `index template ${names.index} is missing, and ${winner.name} applies to ${stream}: ${remedy}`,
    );
  }

  const mappings = composed_of
    .flatMap((part) => lists.components.filter(({ name }) => name === part))
    .map(({ component_template }) => component_template?.template?.mappings);
  const state = mappings.map((part) => templateStateOf(part?._meta, expected)).find((state) => state !== 'foreign');
  if (state === undefined) return fault(`component template ${names.mappings} is not the connector's: ${remedy}`);
  if (state === 'outdated') return fault(`component template ${names.mappings} has another version: ${remedy}`);

  // A later part overrides an earlier one. The index template's own mappings are last.
  const dynamic = [...mappings, template?.mappings].findLast((part) => part?.dynamic !== undefined)?.dynamic;
  if (String(dynamic) !== 'false') {
    return fault(
      `the templates of ${stream} set \`dynamic: ${String(dynamic)}\`, so Elasticsearch guesses field types: remove it from ${winner.name} or its component templates`,
    );
  }
  return undefined;
}

/** `*` is the only wildcard in Elasticsearch's patterns. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === name;
  const last = rest.pop() ?? '';
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
