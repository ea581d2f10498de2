// `unmapped`: fields that the mapping does not know, by path and type with counts. Values are not shown.
import type { UnmappedLine } from '@xiq-siem/admin-api';
import { type Span, scanJournal, sequencesOf } from './journal-scan.ts';
import type { ReadModel } from './read-model.ts';

type Unmapped = Extract<UnmappedLine, { kind: 'end' }>;
type FieldType = Unmapped['types'][number]['fields'][number]['type'];

interface TypeFields {
  bodies: number;
  lastBody: number;
  readonly fields: Map<string, { readonly path: string; readonly type: FieldType; count: number }>;
  omitted: number;
}

/** For one message type. */
const maxFields = 500;
const maxTypes = 100;

export async function* unmappedOf(
  readModel: ReadModel,
  span: Span,
  authentication: Unmapped['authentication'],
  signal: AbortSignal,
): AsyncGenerator<UnmappedLine> {
  const unmapped = new Map<string, TypeFields>();
  const fieldsOf = (messageType: string): TypeFields => {
    const name = unmapped.has(messageType) || unmapped.size < maxTypes ? messageType : 'others';
    const known = unmapped.get(name) ?? { bodies: 0, lastBody: -1, fields: new Map(), omitted: 0 };
    unmapped.set(name, known);
    return known;
  };
  for await (const step of scanJournal(readModel, await sequencesOf(readModel.journal, span, signal), signal)) {
    if (step.kind === 'progress') {
      yield step;
      continue;
    }
    const { body } = step;
    if (body.metadata.origin === 'self') continue;
    for (const { messageType, path, type } of readModel.unmapped(body)) {
      await readModel.yieldNow();
      if (signal.aborted) return;
      const known = fieldsOf(messageType);
      if (known.lastBody !== body.sequence) known.bodies += 1;
      known.lastBody = body.sequence;
      const key = `${path} ${type}`;
      const field = known.fields.get(key);
      if (field !== undefined) field.count += 1;
      else if (known.fields.size < maxFields) known.fields.set(key, { path, type, count: 1 });
      else known.omitted += 1;
    }
  }
  if (signal.aborted) return;
  const types = [...unmapped].map(([messageType, { bodies, fields, omitted }]) => ({
    messageType,
    bodies,
    fields: [...fields.values()].sort((a, b) => b.count - a.count || a.path.localeCompare(b.path)),
    omitted,
  }));
  yield { kind: 'end', snapshot: readModel.snapshot, types, authentication: [...authentication] };
}
