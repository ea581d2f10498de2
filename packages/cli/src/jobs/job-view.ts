// Renders a job: its request, its state, and its progress by destination.
import type { Job } from '@xiq-siem/admin-api';
import { type Colour, colourWriter } from '../terminal/colours.ts';
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
  ...numbers('DONE', 'OF', 'DELIVERED', 'DUPLICATES', 'REJECTED', 'DAMAGED'),
];

const typeColumns = [
  ...texts('MESSAGE TYPE', 'STATE'),
  ...numbers('DONE', 'FETCHED', 'DUPLICATES', 'STORED'),
  ...texts('MESSAGE'),
];

/** True if the job is done without rejected, damaged or failed parts. */
export function isComplete({ state, streams, types = [] }: Job): boolean {
  return (
    state === 'done' &&
    streams.every(({ deadLettered, damaged }) => deadLettered === 0 && damaged === 0) &&
    types.every((fetched) => fetched.state === 'done')
  );
}

/** Progress: of a back-fill in message types, else in the unit of its replay streams. */
export function doneOf({ streams, types = [] }: Job): { readonly done: number; readonly total: number } {
  const parts = types.length > 0 ? types.map(({ done }) => ({ done, total: 1 })) : streams;
  const sum = (field: 'done' | 'total') => parts.reduce((all, part) => all + part[field], 0);
  return { done: sum('done'), total: sum('total') };
}

export function renderJob(job: Job, terminal: Pick<Terminal, 'columns' | 'colours'>): readonly string[] {
  const { id, kind, state, created, ended, streams, types = [] } = job;
  const hint =
    kind === 'backfill' && state === 'failed'
      ? 'To resume it, run the same command again.'
      : state === 'interrupted'
        ? 'The connector stopped, or the destination was changed. To resume it, run the same command again.'
        : streams.some(({ deadLettered }) => deadLettered > 0)
          ? 'Rejected events are in the dead-letter queue: xiq-siem dlq list.'
          : undefined;
  const problems = streams.flatMap(({ destination, state: stream, message, reason }) =>
    stream !== 'done' && (message ?? reason) !== undefined
      ? [`! ${printable(`${destination}: ${message ?? reason}`)}`]
      : [],
  );
  return [
    `Job ${printable(id)} (${kind}): ${colourWriter(terminal)(stateColours[state], state)}, started ${clockTime(created)}${ended === undefined ? '' : `, ended ${clockTime(ended)}`}`,
    `  ${requestText(job)}`,
    ...(types.length === 0 ? [] : renderTable(typeColumns, types.map(typeRow), terminal)),
    ...(streams.length + types.length > 0 ? [] : ['Nothing to do.']),
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

/** The request in one line. */
export function requestText({ request }: Job): string {
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
