// `replay`: the raw bodies of a span again, through the normalization of today.
import type { ReplayRequest } from '@xiq-siem/admin-api';
import type { DeliveryRun, Routing } from '@xiq-siem/delivery';
import type { Journal } from '@xiq-siem/journal';
import { freshPosition, openPositionFileAt } from '@xiq-siem/journal';
import type { Evidence, SequenceSpan } from '@xiq-siem/queries';
import { eventFilter } from '@xiq-siem/queries';
import type { DeadLetters } from '@xiq-siem/state';
import type { LanePlan } from './lane-work.ts';

export interface ReplayLane {
  readonly id: string;
  readonly destination: string;
  readonly routing: Routing;
  readonly request: ReplayRequest;
  readonly span: SequenceSpan;
  readonly positionPath: string;
}

/** Its position is durable; the file is closed by `close`. */
export async function replayLane(
  { id, destination, routing, request, span, positionPath }: ReplayLane,
  journal: Pick<Journal, 'reader'>,
  normalize: Evidence['normalize'],
  deadLetters: DeadLetters,
): Promise<LanePlan & { close(): Promise<void> }> {
  const wanted = eventFilter(request.where);
  const position = await openPositionFileAt(positionPath, freshPosition(span.first));
  const run: DeliveryRun = {
    ...{ id, destination, position, where: routing, pauseOnRejections: true },
    openReader: (fromSequence) => journal.reader(fromSequence, span.next - 1),
    *normalize(body) {
      for (const event of normalize(body)) if (wanted(event, body.metadata.source)) yield event;
    },
    deadLetters: {
      get full() {
        return deadLetters.full;
      },
      append: (letter) => deadLetters.append(letter, 'run'),
    },
  };
  return {
    run,
    total: span.next - span.first,
    doneOf: ({ sequence }) => Math.min(span.next, sequence) - span.first,
    notMade: () => 0,
    close: () => position.close(),
  };
}
