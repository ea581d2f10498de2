// Reads a YAML file as plain values, with the line and column of each field.
import { readFile } from 'node:fs/promises';
import { reasonOf } from '@xiq-siem/core';
import { type Document, isAlias, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { ConfigFault, FieldPath, Finding } from './faults.ts';
import { fieldName } from './faults.ts';

const maxFileBytes = 1_048_576;

export interface YamlFile {
  readonly value: unknown;
  /** Faults of the YAML syntax. With faults, `value` is undefined. */
  readonly faults: readonly ConfigFault[];
  locate(finding: Finding): ConfigFault;
}

export async function readYamlFile(file: string): Promise<YamlFile> {
  const unreadable = (message: string): YamlFile => ({
    value: undefined,
    faults: [{ file, field: '', message }],
    locate: ({ path, message: text }) => ({ file, field: fieldName(path), message: text }),
  });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    return unreadable(`cannot be read (${reasonOf(cause)}): expected a YAML file`);
  }
  if (text.length > maxFileBytes) return unreadable(`is larger than ${maxFileBytes} bytes`);
  return parseYaml(file, text);
}

export function parseYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col: column } = lines.linePos(offset);
    return { line, column };
  };
  const offsetOf = (path: FieldPath): number => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      // The position of the key, if the field has one.
      if (length > 0) {
        const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
        if (isMap(parent)) {
          const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path[length - 1]);
          if (pair !== undefined && isNode(pair.key) && pair.key.range != null) return pair.key.range[0];
        }
      }
      if (isNode(node) && node.range != null) return node.range[0];
    }
    return 0;
  };
  const fault = (offset: number, message: string): ConfigFault => ({
    file,
    ...at(offset),
    field: '',
    message: `invalid YAML: ${message}`,
  });
  const faults = document.errors.map((error) => fault(error.pos[0], error.message));
  for (const { name, offset } of unknownAliases(document)) {
    faults.push(
      fault(offset, `*${name} refers to an anchor that does not exist: write text that starts with * in quotes`),
    );
  }
  let value: unknown;
  if (faults.length === 0) {
    try {
      // The limit of aliases protects against documents that expand without limit.
      value = document.toJS({ maxAliasCount: 100 }) ?? {};
      // Throws if a value contains itself.
      JSON.stringify(value);
    } catch {
      value = undefined;
      faults.push(fault(0, 'an alias refers to a value that contains it, or there are too many aliases'));
    }
  }
  return {
    value,
    faults,
    locate: ({ path, message }) => ({ file, ...at(offsetOf(path)), field: fieldName(path), message }),
  };
}

function unknownAliases(document: Document): readonly { readonly name: string; readonly offset: number }[] {
  const anchors = new Set<string>();
  const found: { name: string; offset: number }[] = [];
  visit(document, {
    Node(_, node) {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchors.add(node.anchor);
      } else if (!anchors.has(node.source)) found.push({ name: node.source, offset: node.range?.[0] ?? 0 });
    },
  });
  return found;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
