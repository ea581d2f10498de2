// Reads zod schemas as JSON schemas, and renders them as the types that a reader of `--json` needs.
import { z } from 'zod';

/** The part of a JSON schema that the references use. */
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

const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    type: z.union([z.string(), z.array(z.string()).transform((types) => types.join(' or '))]).optional(),
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

export const nodeOf = (schema: z.ZodType, io: 'input' | 'output'): Node =>
  node.parse(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));

/** A row of a table in Markdown. */
export const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const branchesOf = ({ anyOf, oneOf }: Node): readonly Node[] => anyOf ?? oneOf ?? [];
const isPlain = ({ properties, items, anyOf, oneOf }: Node): boolean =>
  properties === undefined && items === undefined && anyOf === undefined && oneOf === undefined;

/** The same for two objects of the same fields, whatever describes them as a whole. */
function identityOf({ description: _, ...rest }: Node): string {
  return JSON.stringify(rest, (key, value: unknown) => (key === '$schema' ? undefined : value));
}

/** Names of types that occur under another key. */
const typeNames: Readonly<Record<string, string>> = {
  entries: 'DeadLetter',
  missing: 'Event',
  foreign: 'ForeignSubscription',
  trace: 'TraceResult',
};
/** `jobs` is a list of `Job`; `subscriptions apply` prints `SubscriptionsApply`. */
export const typeName = (key: string): string =>
  typeNames[key] ??
  key.replace(/(?<!s)s$/, '').replaceAll(/(?:^| )([a-z])/g, (_, letter: string) => letter.toUpperCase());

const lineWidth = 110;
/** A smaller type is printed wherever it occurs. */
const smallType = 150;
/** A note that a field has so often is printed once. */
const usualNote = 4;

interface Visited {
  readonly node: Node;
  readonly keys: string[];
}

/** The types of all `--json` forms; a type that occurs twice gets a name and is printed once. */
export class JsonTypes {
  readonly #named = new Map<string, { readonly name: string; readonly node: Node }>();
  readonly #sharedNotes = new Map<string, string>();

  /** Each schema with a name, for a type that no key names. */
  constructor(schemas: readonly (readonly [name: string, schema: z.ZodType])[]) {
    const visited = new Map<string, Visited>();
    const fields: (readonly [field: string, note: string | undefined])[] = [];
    const visit = (value: Node, key: string): void => {
      for (const branch of branchesOf(value)) visit(branch, key || String(branch.properties?.['kind']?.const ?? ''));
      if (value.items !== undefined) visit(value.items, key);
      if (value.properties === undefined) return;
      const identity = identityOf(value);
      const before = visited.get(identity);
      if (before !== undefined) return void before.keys.push(key);
      visited.set(identity, { node: value, keys: [key] });
      for (const [inner, property] of Object.entries(value.properties)) {
        fields.push([inner, property.description]);
        visit(property, inner);
      }
    };
    for (const [, schema] of schemas) visit(nodeOf(schema, 'output'), '');
    const fallbacks = new Map(schemas.map(([name, schema]) => [identityOf(nodeOf(schema, 'output')), name]));
    for (const [identity, { node, keys }] of visited) {
      const name = keys.find((key) => key !== '') ?? fallbacks.get(identity) ?? '';
      if (keys.length > 1 && identity.length > smallType) this.#named.set(identity, { name: typeName(name), node });
    }
    for (const [field, all] of Map.groupBy(fields, ([field]) => field)) {
      const usual = [...Map.groupBy(all, ([, note]) => note)].find(([, same]) => same.length >= usualNote);
      const note = usual?.[0];
      if (note !== undefined && all.every(([, other]) => other !== undefined)) this.#sharedNotes.set(field, note);
    }
  }

  /** Fields that have the same note nearly everywhere, with that note. */
  sharedNotes(): readonly (readonly [field: string, note: string])[] {
    return [...this.#sharedNotes];
  }

  /** The name of the type, where it has one. */
  nameOf(schema: z.ZodType): string | undefined {
    return this.#named.get(identityOf(nodeOf(schema, 'output')))?.name;
  }

  render(schema: z.ZodType): string {
    const top = nodeOf(schema, 'output');
    const branches = branchesOf(top);
    return branches.length === 0 ? this.#block(top) : branches.map((branch) => this.#type(branch)).join('\n');
  }

  /** Every named type, by name. */
  definitions(): readonly (readonly [name: string, text: string])[] {
    return [...this.#named.values()]
      .map(({ name, node }) => [name, this.#block(node)] as const)
      .sort(([a], [b]) => a.localeCompare(b));
  }

  #type(value: Node, indent = ''): string {
    const { type, enum: values, const: only, format, items, properties, additionalProperties } = value;
    if (values !== undefined) return values.map((each) => JSON.stringify(each)).join(' | ');
    if (only !== undefined) return JSON.stringify(only);
    const branches = branchesOf(value);
    if (branches.length > 0) return [...new Set(branches.map((branch) => this.#type(branch, indent)))].join(' | ');
    if (items !== undefined) {
      const text = this.#type(items, indent);
      return text.includes(' | ') && !text.startsWith('{') ? `(${text})[]` : `${text}[]`;
    }
    if (properties !== undefined) return this.#named.get(identityOf(value))?.name ?? this.#block(value, indent);
    if (format === 'date-time') return 'time';
    return type === 'object' && typeof additionalProperties === 'object' ? 'object' : (type ?? 'any');
  }

  #block({ properties = {}, required = [] }: Node, indent = ''): string {
    const inner = `${indent}  `;
    const fields: { names: string[]; type: string; note: string; plain: boolean }[] = [];
    for (const [key, value] of Object.entries(properties)) {
      const name = required.includes(key) ? key : `${key}?`;
      const type = this.#type(value, inner);
      const own = value.description ?? '';
      const note = this.#sharedNotes.get(key) === own ? '' : own;
      const plain = isPlain(value) && note === '';
      const last = fields.at(-1);
      if (plain && last?.plain === true && last.type === type) last.names.push(name);
      else fields.push({ names: [name], type, note, plain });
    }
    const lines = fields.map(({ names, type }) => `${names.join(', ')}: ${type}`);
    const single = `{ ${lines.join('; ')} }`;
    const isShort = !single.includes('\n') && indent.length + single.length < lineWidth;
    if (isShort && fields.every(({ note }) => note === '')) return single;
    const rows = fields.map(({ note }, index) => {
      const line = `${inner}${lines[index]}`;
      if (note === '') return line;
      const [head = '', ...rest] = line.split('\n');
      const commented = `${head}  // ${note}`;
      return commented.length > lineWidth + 30 ? `${inner}// ${note}\n${line}` : [commented, ...rest].join('\n');
    });
    return ['{', ...rows, `${indent}}`].join('\n');
  }
}
