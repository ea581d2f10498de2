// For tests: the pipeline fixture with its read model.
import type { NormalizedEvent } from '@xiq-siem/core';
import { openPipelineFixture } from '@xiq-siem/pipeline/test-pipeline';
import { type RunningParts, runningReadModel } from './running-read-model.ts';

export {
  audit,
  configChange,
  destinations,
  hanging,
  linesOf,
  never,
  takeAll,
  unavailable,
  until,
  verdictWhere,
} from '@xiq-siem/pipeline/test-pipeline';

export type Fixture = Awaited<ReturnType<typeof openFixture>>;

export async function openFixture(...options: Parameters<typeof openPipelineFixture>) {
  const fixture = await openPipelineFixture(...options);
  const { state, journal, deadLetters, progressHistory, pairing, pipeline, services } = fixture;
  const { incidents } = state;
  const parts: RunningParts = { journal, deadLetters, progressHistory, incidents, pairing, pipeline, services };
  return {
    ...fixture,
    parts,
    readModel: () => ({ ...runningReadModel(parts), yieldNow: async () => {} }),
    async eventsOf(receipt: string): Promise<readonly NormalizedEvent[]> {
      const found = await journal.find(receipt);
      return found.kind === 'body' ? [...runningReadModel(parts).normalize(found.body)] : [];
    },
  };
}
