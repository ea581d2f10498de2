// What the oracle reports: each finding once, with its examples.

/**
 * `loss`: an owed event is nowhere. `undelivered`: it still waits although all faults have ended. `ghost`: an event that
 * nobody sent. `changed`: its text differs. `duplicate`: a copy without a cause. `mislabel`: one element with two ids, or
 * one id for two elements. `counters`, `headline`: the connector says something else than the oracle sees. `crash`,
 * `stop`: the process ended by itself, or did not end at SIGTERM.
 */
export type FindingKind =
  | 'loss'
  | 'undelivered'
  | 'ghost'
  | 'changed'
  | 'duplicate'
  | 'mislabel'
  | 'counters'
  | 'headline'
  | 'crash'
  | 'stop';

export interface Finding {
  readonly kind: FindingKind;
  readonly destination?: string;
  readonly text: string;
}

export interface FindingGroup {
  readonly kind: FindingKind;
  readonly destination: string | undefined;
  readonly count: number;
  readonly examples: readonly string[];
}

const mostExamples = 5;

export function createFindings() {
  const texts = new Map<string, { readonly finding: Finding; readonly texts: Set<string> }>();

  /** True if it is one of the first of its kind. */
  function addFinding(finding: Finding): boolean {
    const key = `${finding.kind} ${finding.destination}`;
    const group = texts.get(key) ?? { finding, texts: new Set() };
    texts.set(key, group);
    const before = group.texts.size;
    group.texts.add(finding.text);
    return before < group.texts.size && before < mostExamples;
  }

  return {
    add: addFinding,
    groups: (): readonly FindingGroup[] =>
      [...texts.values()].map(({ finding: { kind, destination }, texts }) => ({
        ...{ kind, destination, count: texts.size, examples: [...texts].slice(0, mostExamples) },
      })),
  };
}
