// `dlq list --summary` for people.
import type { routes } from '@xiq-siem/admin-api';
import type { z } from 'zod';
import { renderTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { clockTime, counted, group } from '../terminal/units.ts';

type Groups = z.output<typeof routes.groupDeadLetters.answer>;

const groupColumns = [
  { title: 'DESTINATION' },
  { title: 'CODE' },
  { title: 'DATASET' },
  { title: 'EVENTS', align: 'right' },
  { title: 'NEWEST' },
] as const;
const countColumns = [
  { title: 'DESTINATION' },
  { title: 'OPEN', align: 'right' },
  { title: 'DELIVERED LATER', align: 'right' },
  { title: 'DROPPED', align: 'right' },
] as const;

export function renderGroups(
  { groups, counts }: Groups,
  terminal: Pick<Terminal, 'columns' | 'colours'>,
): readonly string[] {
  const open = counts.reduce((sum, count) => sum + count.open, 0);
  const found = groups.map(({ destination, code, dataset, events, newest }) => [
    ...[destination, { text: code, colour: 'red' } as const, dataset],
    ...[group(events), clockTime(newest)],
  ]);
  const sums = counts.map((count) => [
    count.destination,
    ...[count.open, count.delivered, count.dropped].map((events) => group(events)),
  ]);
  return [
    open === 0 ? 'No dead letters.' : `${counted(open, 'dead letter')} open.`,
    ...(groups.length === 0 ? [] : ['', ...renderTable(groupColumns, found, terminal)]),
    ...(counts.length === 0 ? [] : ['', ...renderTable(countColumns, sums, terminal)]),
  ];
}
