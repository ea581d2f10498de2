// Which index template wins for a data stream, and whether it carries our mappings: told from the server's own lists.
import { z } from 'zod';
import { standingOf, type TemplateMeta } from './template-version.ts';
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
  /** Not this data stream's alone: our own templates are at fault. */
  readonly everywhere: boolean;
}

const remedy = 'run `xiq-siem setup`';

/** What keeps our template from being in force for the indices that this stream will have; undefined if nothing does. */
export function templateFault(stream: string, lists: TemplateLists, ours: TemplateMeta): TemplateFault | undefined {
  // Sorting is stable: of two with the same priority the first one wins.
  const [winner] = lists.index
    .filter(({ index_template }) => [index_template.index_patterns].flat().some((pattern) => matches(pattern, stream)))
    .toSorted((a, b) => b.index_template.priority - a.index_template.priority);
  const isThere = lists.index.some(({ name }) => name === names.index);
  const everywhere = !isThere || winner?.name === names.index;
  const fault = (message: string): TemplateFault => ({ message, everywhere });
  if (winner === undefined) return fault(`no index template is there for ${stream}: ${remedy}`);

  const { composed_of, priority, template } = winner.index_template;
  if (!composed_of.includes(names.mappings)) {
    return fault(
      isThere
        ? `index template ${winner.name} (priority ${priority}) wins over ${names.index} for ${stream}: lower its priority, or narrow its patterns`
        : `index template ${names.index} is not there, and ${winner.name} wins for ${stream}: ${remedy}`,
    );
  }

  const mappings = composed_of
    .flatMap((part) => lists.components.filter(({ name }) => name === part))
    .map(({ component_template }) => component_template?.template?.mappings);
  const standing = mappings.map((part) => standingOf(part?._meta, ours)).find((found) => found !== 'foreign');
  if (standing === undefined) return fault(`component template ${names.mappings} is not ours: ${remedy}`);
  if (standing === 'outdated') return fault(`component template ${names.mappings} is of another version: ${remedy}`);

  // What comes later wins, and the index template's own comes last.
  const dynamic = [...mappings, template?.mappings].findLast((part) => part?.dynamic !== undefined)?.dynamic;
  if (String(dynamic) !== 'false') {
    return fault(
      `the templates of ${stream} set \`dynamic: ${String(dynamic)}\`, so that fields are mapped by guess: take that out of ${winner.name} or its component templates`,
    );
  }
  return undefined;
}

/** Patterns of Elasticsearch know `*` alone. */
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
