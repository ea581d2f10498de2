// A job for people: what it is, and how far it is at each destination.
import type { Job } from '@xiq-siem/admin-api';
import { type Colour, painter } from '../terminal/colours.ts';
import { printable } from '../terminal/printable.ts';
import { numbers, renderTable, texts } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { clockTime, group } from '../terminal/units.ts';

export const stateColours: Readonly<Record<Job['state'], Colour>> = {
  running: 'green',
  interrupted: 'yellow',
  cancelled: 'yellow',
  done: 'green',
  failed: 'red',
};

const columns = [
  ...texts('DESTINATION', 'STATE'),
  ...numbers('DONE', 'OF', 'DELIVERED', 'HAD ALREADY', 'REJECTED', 'DAMAGED'),
];

const typeColumns = [
  ...texts('MESSAGE TYPE', 'STATE'),
  ...numbers('DONE', 'FETCHED', 'HAD ALREADY', 'KEPT'),
  ...texts('WORDS'),
];

/** True where it ended and everything that it was to bring is there. */
export function isThrough({ state, streams, types = [] }: Job): boolean {
  return (
    state === 'done' &&
    streams.every(({ deadLettered, damaged }) => deadLettered === 0 && damaged === 0) &&
    types.every((fetched) => fetched.state === 'done')
  );
}

/** How far it is: of a back-fill in message types, of the others in what its lanes count. */
export function doneOf({ streams, types = [] }: Job): { readonly done: number; readonly total: number } {
  const parts = types.length > 0 ? types.map(({ done }) => ({ done, total: 1 })) : streams;
  const sum = (field: 'done' | 'total') => parts.reduce((all, part) => all + part[field], 0);
  return { done: sum('done'), total: sum('total') };
}

export function renderJob(job: Job, terminal: Pick<Terminal, 'columns' | 'colours'>): readonly string[] {
  const { id, kind, state, created, ended, streams, types = [] } = job;
  const hint =
    kind === 'backfill' && state === 'failed'
      ? 'The same command goes on with it.'
      : state === 'interrupted'
        ? 'The connector ended meanwhile, or the destination was changed: the same command goes on with it.'
        : streams.some(({ deadLettered }) => deadLettered > 0)
          ? 'What was rejected rests in the dead letters: xiq-siem dlq list.'
          : undefined;
  const problems = streams.flatMap(({ destination, state: stream, message, reason }) =>
    stream !== 'done' && (message ?? reason) !== undefined
      ? [`! ${printable(`${destination}: ${message ?? reason}`)}`]
      : [],
  );
  return [
    `Job ${printable(id)} (${kind}): ${painter(terminal)(stateColours[state], state)}, begun ${clockTime(created)}${ended === undefined ? '' : `, ended ${clockTime(ended)}`}`,
    `  ${messageOf(job)}`,
    ...(types.length === 0 ? [] : renderTable(typeColumns, types.map(typeRow), terminal)),
    ...(streams.length + types.length > 0 ? [] : ['There was nothing to do.']),
    ...(streams.length === 0 ? [] : renderTable(columns, streams.map(streamRow), terminal)),
    ...problems,
    ...(hint === undefined ? [] : [hint]),
  ];
}

function typeRow({ messageType, state, done, fetched, known, kept, message = '' }: NonNullable<Job['types']>[number]) {
  return [messageType, state, `${Math.floor(done * 100)} %`, ...[fetched, known, kept].map(group), message];
}

function streamRow(stream: Job['streams'][number]) {
  const { destination, state, reason, done, total, delivered, duplicate, deadLettered, damaged } = stream;
  return [
    destination,
    state.replace('_', ' ') + (reason === undefined ? '' : ` (${reason})`),
    ...[done, total, delivered, duplicate, deadLettered, damaged].map(group),
  ];
}

/** What was asked, in one line. */
export function messageOf({ request }: Job): string {
  const parts = Object.entries(request).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    if (value === true) return [name];
    if (Array.isArray(value)) return [`${name} ${shortList(value)}`];
    if (typeof value === 'object') return [`${name} ${JSON.stringify(value)}`];
    return [`${name} ${value}`];
  });
  return parts.length === 0 ? 'all dead letters' : printable(parts.join(', '));
}

const maxListed = 10;

function shortList(values: readonly unknown[]): string {
  const more = values.length > maxListed ? `, … ${values.length - maxListed} more` : '';
  return values.slice(0, maxListed).join(', ') + more;
}
