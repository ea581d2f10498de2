// `replay`: sends the bodies of a span again with the current mapping.
import { replayRequest } from '@xiq-siem/admin-api';
import { initialPosition } from '@xiq-siem/core';
import { eventFilter, type RunningParts, sequencesOf } from '@xiq-siem/queries';
import { afterDecisions, type JobRecords, markDuplicates } from '@xiq-siem/state';
import type { JobKind } from './jobs.ts';
import { requireConfigured, type StreamPlan, startStreams } from './stream-work.ts';

const never = new AbortController().signal;

export function replayKind(parts: RunningParts, records: JobRecords): JobKind {
  const { journal, pipeline, deadLetters, services, pairing } = parts;
  return {
    plan: async function planReplay(request) {
      return { span: await sequencesOf(journal, replayRequest.parse(request), never) };
    },
    start: async function startReplayJob({ job: { id, request }, span }) {
      const { destinations: named, where } = replayRequest.parse(request);
      requireConfigured(parts, named ?? []);
      if (span === undefined || span.first >= span.next) return startStreams([], pipeline.delivery);
      const { first, next } = span;
      const isSelected = eventFilter(where);
      const streams = pipeline
        .destinations()
        .filter(({ configured: { name } }) => named?.includes(name) ?? true)
        .map(async ({ configured: { name: destination, options } }): Promise<StreamPlan> => {
          const position = afterDecisions(await records.position(id, destination, initialPosition(first)), pairing);
          return {
            run: {
              id,
              destination,
              position,
              where: options.where,
              pauseOnRejections: true,
              openReader: (fromSequence) => journal.reader(fromSequence, next - 1),
              *normalize(body) {
                // After a reload the rest of the job uses the new mapping.
                const events = pipeline.sources().of(body).normalize(body, services.now());
                for (const event of markDuplicates(events, body, pairing)) {
                  if (isSelected(event, body.metadata.source)) yield event;
                }
              },
              deadLetters: {
                get full() {
                  return deadLetters.full;
                },
                append: (deadLetter) => deadLetters.append(deadLetter, 'job'),
              },
            },
            total: journal.countBodies(first, next - 1),
            doneOf: ({ sequence }) => journal.countBodies(first, Math.min(next, sequence) - 1),
          };
        });
      return startStreams(await Promise.all(streams), pipeline.delivery);
    },
  };
}
