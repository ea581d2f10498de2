// Reads a YAML file as plain values, with the line and column of each field.
import { readFile } from 'node:fs/promises';
import { reasonOf } from '@xiq-siem/core';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
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
  const faults = document.errors.map(
    (error): ConfigFault => ({ file, ...at(error.pos[0]), field: '', message: `invalid YAML: ${error.message}` }),
  );
  return {
    // The limit of aliases protects against documents that expand without limit.
    value: faults.length > 0 ? undefined : (document.toJS({ maxAliasCount: 100 }) ?? {}),
    faults,
    locate: ({ path, message }) => ({ file, ...at(offsetOf(path)), field: fieldName(path), message }),
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
