// `trace` for people: one body's story, event by event.
import type { Trace, TraceEvent, TraceVerdict } from '@xiq-siem/admin-api';
import { type Colour, painter } from '../terminal/colours.ts';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { byteSize, clockTime, counted } from '../terminal/units.ts';

type Paper = Pick<Terminal, 'colours'>;

const colours: Readonly<Record<TraceVerdict['verdict'], Colour | undefined>> = {
  delivered: 'green',
  dead_lettered: 'red',
  dropped: 'red',
  filtered: undefined,
  waiting: 'yellow',
  lost: 'red',
  not_known: 'yellow',
};

const absent: Readonly<Record<Exclude<Trace['found'], 'kept'>, string>> = {
  lost: 'it was kept, and cannot be read any more: see xiq-siem status',
  removed: 'it was settled, and is past its retention (journal.retainForHours)',
  unknown: 'this connector has never given it',
};

export function renderTrace(trace: Trace, paper: Paper): readonly string[] {
  const { receipt, found, body, mappingVersion, events, omitted } = trace;
  if (found !== 'kept') return [`Receipt ${printable(receipt)}: ${absent[found]}.`];
  const by = mappingVersion === undefined ? '' : `, normalized by mapping ${printable(mappingVersion)}`;
  const count = `${counted(events.length + omitted, 'event')}${by}`;
  return [
    `Receipt ${printable(receipt)}: ${count}`,
    ...(body === undefined ? [] : [bodyLine(body)]),
    ...events.flatMap((event) => renderEvent(event, paper)),
    ...(omitted === 0 ? [] : ['', `… and ${counted(omitted, 'more event')} of this body: trace one by its id.`]),
  ];
}

function bodyLine({
  received,
  source,
  messageType,
  origin,
  bytes,
  remoteAddress,
  sequence,
}: NonNullable<Trace['body']>) {
  const from = remoteAddress === undefined ? '' : ` from ${printable(remoteAddress)}`;
  const type = messageType === undefined ? '' : ` ${printable(messageType)}`;
  return `  received ${clockTime(received)} as ${origin} of ${printable(source)}${type}${from}, ${byteSize(bytes)}, body ${sequence}`;
}

function renderEvent({ element, id, dataset, action, time, kind, destinations }: TraceEvent, paper: Paper): string[] {
  const what = [dataset, ...(action === undefined ? [] : [action]), ...(kind === 'event' ? [] : [kind])];
  return [
    '',
    `  event ${printable(id)}`,
    `    element ${element}, ${what.map(printable).join(' ')}, at ${clockTime(time)}`,
    ...destinations.map((verdict) => `    ${verdictLine(verdict, paper)}`),
  ];
}

function verdictLine(verdict: TraceVerdict, paper: Paper): string {
  const { destination, verdict: word, assurance, code, message, deadLetter } = verdict;
  const why = [code, message].flatMap((part) => (part === undefined ? [] : [printable(part)])).join(': ');
  return [
    `${printable(destination)}: ${painter(paper)(colours[word], word.replaceAll('_', ' '))}`,
    ...(assurance === undefined ? [] : [`(${assurance})`]),
    ...when(verdict),
    ...(why === '' ? [] : [`- ${why}`]),
    ...(deadLetter === undefined || word === 'delivered' ? [] : [`(xiq-siem dlq show ${deadLetter})`]),
  ].join(' ');
}

function when({ notBefore, notAfter }: TraceVerdict): readonly string[] {
  if (notBefore !== undefined && notAfter !== undefined) {
    return [`between ${clockTime(notBefore)} and ${clockTime(notAfter)}`];
  }
  if (notAfter !== undefined) return [`by ${clockTime(notAfter)}`];
  return notBefore === undefined ? [] : [`after ${clockTime(notBefore)}`];
}
