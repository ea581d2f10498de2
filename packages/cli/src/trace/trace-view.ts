// Renders a trace: one request, its events, and the result at each destination.
import type { Trace, TraceEvent, TraceVerdict } from '@xiq-siem/admin-api';
import { type Colour, colourWriter } from '../terminal/colours.ts';
import { printable, readableCode } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { byteSize, clockTime, counted } from '../terminal/units.ts';

type Style = Pick<Terminal, 'colours'>;

const colours: Readonly<Record<TraceVerdict['verdict'], Colour | undefined>> = {
  delivered: 'green',
  dead_lettered: 'red',
  parked: 'yellow',
  dropped: 'red',
  filtered: undefined,
  waiting: 'yellow',
  lost: 'red',
  not_known: 'yellow',
};

const absent: Readonly<Record<Exclude<Trace['found'], 'kept'>, string>> = {
  lost: 'it was stored, and cannot be read any more: see xiq-siem status',
  removed:
    'the journal removed it after its retention (journal.retainForHours), or earlier because the journal was full',
  unknown: 'unknown receipt',
};

export function renderTrace(trace: Trace, style: Style): readonly string[] {
  const { receipt, found, body, mappingVersion, events, omitted } = trace;
  if (found !== 'kept') return [`Receipt ${printable(receipt)}: ${absent[found]}.`];
  const by = mappingVersion === undefined ? '' : `, normalized by mapping ${printable(mappingVersion)}`;
  const count = `${counted(events.length + omitted, 'event')}${by}`;
  return [
    `Receipt ${printable(receipt)}: ${count}`,
    ...(body === undefined ? [] : [bodyLine(body)]),
    ...events.flatMap((event) => renderEvent(event, style)),
    ...(omitted === 0 ? [] : ['', `… and ${counted(omitted, 'more event')} of this request: trace one by its id.`]),
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
  return `  received ${clockTime(received)} as ${origin} of ${printable(source)}${type}${from}, ${byteSize(bytes)}, sequence ${sequence}`;
}

function renderEvent({ element, id, dataset, action, time, kind, destinations }: TraceEvent, style: Style): string[] {
  const what = [dataset, ...(action === undefined ? [] : [action]), ...(kind === 'event' ? [] : [kind])];
  return [
    '',
    `  event ${printable(id)}`,
    `    element ${element}, ${what.map(printable).join(' ')}, at ${clockTime(time)}`,
    ...destinations.map((verdict) => `    ${verdictLine(verdict, style)}`),
  ];
}

function verdictLine(verdict: TraceVerdict, style: Style): string {
  const { destination, verdict: result, assurance, code, message, deadLetter, retry } = verdict;
  const why = [code, message].flatMap((part) => (part === undefined ? [] : [printable(part)])).join(': ');
  return [
    `${printable(destination)}: ${colourWriter(style)(colours[result], readableCode(result))}`,
    ...(assurance === undefined ? [] : [`(${assurance})`]),
    ...when(verdict),
    ...(why === '' ? [] : [`- ${why}`]),
    ...(retry === undefined ? [] : [`(sent again at ${clockTime(retry)})`]),
    ...(deadLetter === undefined || result === 'delivered' ? [] : [`(xiq-siem dlq show ${deadLetter})`]),
  ].join(' ');
}

function when({ notBefore, notAfter }: TraceVerdict): readonly string[] {
  if (notBefore !== undefined && notAfter !== undefined) {
    return [`between ${clockTime(notBefore)} and ${clockTime(notAfter)}`];
  }
  if (notAfter !== undefined) return [`by ${clockTime(notAfter)}`];
  return notBefore === undefined ? [] : [`after ${clockTime(notBefore)}`];
}
