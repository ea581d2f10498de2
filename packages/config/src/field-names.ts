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

/** All fields that a document can have. The values of `event.dataset` are known if every source declares its datasets. */
export function fieldDefinitionsOf({ self, sources }: SourceDefinitions): readonly FieldDefinition[] {
  const all = [self, ...sources];
  const datasets = all.every((source) => source.datasets !== undefined)
    ? all.flatMap((source) => source.datasets ?? [])
    : undefined;
  return [...ecsFieldDefinitions, ...all.flatMap((source) => source.fields)].map((field) =>
    field.name === 'event.dataset' && datasets !== undefined ? { ...field, values: datasets } : field,
  );
}

interface Checked {
  readonly name: string;
  readonly common: Pick<z.output<typeof commonDestinationSchema>, 'where' | 'redact'>;
}

/** Why a condition of `where` can match no event; undefined if it can. */
function conditionFault(
  field: string,
  accepted: readonly string[],
  fields: readonly FieldDefinition[],
): string | undefined {
  const definition = fields.find(({ name }) => name === field);
  if (definition === undefined) return 'no field of a document: expected a name such as event.outcome';
  const unknown = accepted.find((value) => definition.values?.includes(value) === false);
  return unknown && `${unknown} is no value of ${field}: expected one of ${definition.values?.join(', ')}`;
}

export function fieldFindings(
  destinations: readonly Checked[],
  fields: readonly FieldDefinition[],
): readonly Finding[] {
  return destinations.flatMap(({ name, common: { where, redact } }) => {
    const at = (...path: readonly (string | number)[]) => ['destinations', name, ...path];
    const conditions = (['fields', 'exceptFields'] as const).flatMap((key) =>
      Object.entries(where[key] ?? {}).flatMap(([field, accepted]) => {
        const message = conditionFault(field, accepted, fields);
        return message === undefined ? [] : [{ path: at('where', key, field), message }];
      }),
    );
    const redactions = (['drop', 'mask', 'hash'] as const).flatMap((way) =>
      (redact?.[way] ?? []).flatMap((field, index) => {
        const message = redactionFault(field, way, fields);
        return message === undefined ? [] : [{ path: at('redact', way, index), message }];
      }),
    );
    return [...conditions, ...redactions];
  });
}
