// Checks the names of document fields in `where` and `redact` of destinations.
import { ecsFieldDefinitions, type FieldDefinition, type SourceDefinition } from '@xiq-siem/core';
import { redactionFault } from '@xiq-siem/delivery';
import type { z } from 'zod';
import type { Finding } from './faults.ts';
import type { commonDestinationSchema } from './schema.ts';

interface SourceDefinitions {
  readonly self: SourceDefinition;
  readonly sources: readonly SourceDefinition[];
}

/** All fields that a document can have. */
export const fieldDefinitionsOf = ({ self, sources }: SourceDefinitions): readonly FieldDefinition[] => [
  ...ecsFieldDefinitions,
  ...[self, ...sources].flatMap((source) => source.fields),
];

interface Checked {
  readonly name: string;
  readonly common: Pick<z.output<typeof commonDestinationSchema>, 'where' | 'redact'>;
}

export function fieldFindings(
  destinations: readonly Checked[],
  fields: readonly FieldDefinition[],
): readonly Finding[] {
  const known = new Set(fields.map(({ name }) => name));
  return destinations.flatMap(({ name, common: { where, redact } }) => {
    const at = (...path: readonly (string | number)[]) => ['destinations', name, ...path];
    const unknown = (['fields', 'exceptFields'] as const).flatMap((key) =>
      Object.keys(where[key] ?? {})
        .filter((field) => !known.has(field))
        .map((field) => ({
          path: at('where', key, field),
          message: 'no field of a document: expected a name such as event.outcome',
        })),
    );
    const notRedactable = (['drop', 'mask', 'hash'] as const).flatMap((way) =>
      (redact?.[way] ?? []).flatMap((field, index) => {
        const message = redactionFault(field, way, fields);
        return message === undefined ? [] : [{ path: at('redact', way, index), message }];
      }),
    );
    return [...unknown, ...notRedactable];
  });
}
