// What is wrong with a destination, in its own words, and the command that helps.
import type { DestinationState } from '@xiq-siem/admin-api';
import { counted } from '../terminal/units.ts';

/** One line each; none for a destination that is well. Words come from outside. */
export function troublesOf(destination: DestinationState): readonly string[] {
  const { name, sum, deadLetters } = destination;
  const unknown = Math.abs(sum.difference) + Math.abs(deadLetters.difference);
  return [
    ...stateTrouble(destination),
    ...heldTrouble(destination),
    ...(unknown === 0
      ? []
      : [`of ${counted(unknown, 'event')} nobody knows what became. Next: keep the data directory, and report it`]),
    ...(sum.damaged === 0
      ? []
      : [
          `${counted(sum.damaged, 'body', 'bodies')} damaged: not to be read, or not to be normalized. Next: the log says which and ` +
            'why; xiq-siem replay sends them when it is mended',
        ]),
    ...(deadLetters.open === 0
      ? []
      : [
          `${counted(deadLetters.open, 'dead letter')}. Next: see xiq-siem dlq list --destination ${name}, ` +
            `mend the cause, then xiq-siem dlq retry --destination ${name}`,
        ]),
  ];
}

function stateTrouble({
  name,
  type,
  state,
  reason = 'no reason told',
  lastFailure,
}: DestinationState): readonly string[] {
  if (state !== 'paused' && state !== 'backing_off') return [];
  const said = lastFailure?.words === undefined ? reason : `${lastFailure.code}: ${lastFailure.words}`;
  if (reason === 'dead_letters_full') {
    return [`${said}. Next: make room with xiq-siem dlq retry or dlq drop, or raise deadLetters.maxBytes`];
  }
  if (reason === 'dead_letters_failed')
    return [`${said}. Next: look after the disk of the data directory; it tries again`];
  if (state === 'backing_off')
    return [`${said}. It tries again by itself; xiq-siem check says whether it would take events`];
  const setUp = type === 'elasticsearch' && /template|index|mapping|pipeline/.test(said);
  const mend = setUp ? `xiq-siem setup ${name}` : `mend it (xiq-siem check says what is wrong)`;
  return [`${said}. Next: ${mend}, then xiq-siem destination resume ${name}`];
}

function heldTrouble({ name, held }: DestinationState): readonly string[] {
  if (held === undefined) return [];
  const words = held.words === undefined ? held.code : `${held.code}: ${held.words}`;
  return [`${counted(held.events, 'event')} held (${words}). Next: mend it, then xiq-siem destination resume ${name}`];
}
