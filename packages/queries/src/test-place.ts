// For tests: the pipeline's place, and what an operator can see of it.
import type { NormalizedEvent } from '@xiq-siem/core';
import { openPipelinePlace } from '@xiq-siem/pipeline/test-place';
import { type RunningParts, runningEvidence } from './running-evidence.ts';

export {
  audit,
  away,
  configChange,
  destinations,
  hanging,
  judging,
  linesOf,
  never,
  takeAll,
  until,
} from '@xiq-siem/pipeline/test-place';

export type Place = Awaited<ReturnType<typeof openPlace>>;

export async function openPlace(...options: Parameters<typeof openPipelinePlace>) {
  const place = await openPipelinePlace(...options);
  const { state, journal, deadLetters, progressHistory, pipeline, services } = place;
  const { incidents } = state;
  const parts: RunningParts = { journal, deadLetters, progressHistory, incidents, pipeline, services };
  return {
    ...place,
    parts,
    evidence: () => ({ ...runningEvidence(parts), yieldNow: async () => {} }),
    async eventsOf(receipt: string): Promise<readonly NormalizedEvent[]> {
      const found = await journal.find(receipt);
      return found.kind === 'body' ? [...runningEvidence(parts).normalize(found.body)] : [];
    },
  };
}
