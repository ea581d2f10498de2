// Renders a zod schema as the rows of a table: every path, its type, and what it means.
import { z } from 'zod';

/** What is read of a JSON schema. */
export interface Node {
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly format?: string | undefined;
  readonly items?: Node | undefined;
  readonly anyOf?: readonly Node[] | undefined;
  readonly oneOf?: readonly Node[] | undefined;
  readonly properties?: Readonly<Record<string, Node>> | undefined;
  readonly additionalProperties?: Node | boolean | undefined;
  readonly required?: readonly string[] | undefined;
}

export const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    description: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    default: z.unknown().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    exclusiveMinimum: z.number().optional(),
    format: z.string().optional(),
    items: node.optional(),
    anyOf: z.array(node).optional(),
    oneOf: z.array(node).optional(),
    properties: z.record(z.string(), node).optional(),
    additionalProperties: z.union([z.boolean(), node]).optional(),
    required: z.array(z.string()).optional(),
  }),
);

const branchesOf = ({ anyOf, oneOf }: Node): readonly Node[] => anyOf ?? oneOf ?? [];
/** A row of a table in Markdown. */
export const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const code = (text: string): string => `\`${text}\``;

function typeOf(schema: Node): string {
  const { type, enum: values, const: only, format, items } = schema;
  if (values !== undefined) return values.map((value) => code(JSON.stringify(value))).join(' or ');
  if (only !== undefined) return code(JSON.stringify(only));
  const branches = branchesOf(schema);
  if (branches.length > 0) return [...new Set(branches.map(typeOf))].join(' or ');
  if (type === 'array') return items === undefined ? 'list' : `list of ${typeOf(items)}`;
  if (format === 'date-time') return 'time';
  return type ?? 'anything';
}

/** Paths below `schema`: `destinations[].lag.bytes`; optional ones end with `?`. */
function rowsOf(schema: Node, prefix = ''): readonly string[] {
  const { properties, required = [], items } = schema;
  if (items !== undefined) return rowsOf(items, `${prefix}[]`);
  const branches = branchesOf(schema).filter(({ properties: inner }) => inner !== undefined);
  if (branches.length > 0) return [...new Set(branches.flatMap((branch) => rowsOf(branch, prefix)))];
  return Object.entries(properties ?? {}).flatMap(([key, value]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const name = code(required.includes(key) ? path : `${path}?`);
    return [row(name, typeOf(value), value.description ?? ''), ...rowsOf(value, path)];
  });
}

const head = ['| field | type | |', '| --- | --- | --- |'];

/** A table; of lines that differ by `kind`, one table each. */
export function renderSchema(schema: z.ZodType): string {
  const parsed = node.parse(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }));
  const kinds = branchesOf(parsed);
  if (kinds.length === 0) return [...head, ...rowsOf(parsed)].join('\n');
  return kinds
    .map((kind) =>
      [`Lines of kind ${typeOf(kind.properties?.['kind'] ?? {})}:`, '', ...head, ...rowsOf(kind)].join('\n'),
    )
    .join('\n\n');
}
