// Renders `status` as text.
import type { DestinationState, Status } from '@xiq-siem/admin-api';
import { type Colour, colourWriter } from '../terminal/colours.ts';
import { printable } from '../terminal/printable.ts';
import { type Cell, numbers, renderTable, texts } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wrapText } from '../terminal/text-width.ts';
import { byteSize, clockTime, counted, duration, group, rate, shortCount, shortDuration } from '../terminal/units.ts';
import { headlineOf, problemsOf, sourceProblems } from './headline.ts';

const stateColours: Readonly<Record<DestinationState['state'], Colour | undefined>> = {
  running: 'green',
  backing_off: 'yellow',
  paused: 'red',
  stopping: 'yellow',
  stopped: 'yellow',
  unknown: undefined,
};

type Style = Pick<Terminal, 'columns' | 'colours'>;

const columns = [
  ...texts('NAME', 'STATE'),
  ...numbers('REQUESTS', 'BYTES', 'AGE', 'EV/S', 'DELIVERED', 'DEAD', 'FULL IN'),
];
/** Lines of a section. */
const maxListed = 20;

export function renderStatus(status: Status, terminal: Style): readonly string[] {
  const coloured = colourWriter(terminal);
  const { columns: width = Number.POSITIVE_INFINITY } = terminal;
  const headline = headlineOf(status);
  const problems = status.destinations.flatMap((one) =>
    problemsOf(one, status.incidents).map((problem) => `${one.name}: ${problem}`),
  );
  const ofSources = (status.sources ?? []).flatMap((source) =>
    sourceProblems(source).map((problem) => `source ${source.name}: ${problem}`),
  );
  const toForget = status.notConfigured.map(
    (name) => `${name} is not configured, but its position is still stored. Next: xiq-siem destination forget ${name}`,
  );
  const marked = (texts: readonly string[]) => texts.flatMap((text) => warning(text, terminal));
  return [
    ...wrapText(headline.text, width).map((line) => coloured(headline.colour, line)),
    ...wrapText(acceptingText(status), width).map((line) => coloured(acceptingColour(status), line)),
    journalLine(status),
    '',
    ...renderTable(columns, status.destinations.map(row), terminal),
    ...assuranceLines(status, terminal),
    ...section('', marked(problems)),
    ...section('', marked(ofSources)),
    ...section('Retention gaps (xiq-siem status --acknowledge ID):', gapLines(status)),
    ...section('Stored requests that cannot be read:', lostLines(status)),
    ...section('State file incidents (xiq-siem status --acknowledge ID):', incidentLines(status, terminal)),
    ...section('', marked(toForget)),
    ...section('', status.jobsRunning === 0 ? [] : [`${counted(status.jobsRunning, 'job')} running: xiq-siem jobs`]),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const listed =
    lines.length > maxListed ? [...lines.slice(0, maxListed), `… ${lines.length - maxListed} more`] : lines;
  return ['', ...(title === '' ? listed : [title, ...listed.map((line) => `  ${line}`)])];
}

const acceptingColour = ({ accepting }: Status): Colour | undefined => (accepting?.ok === false ? 'red' : undefined);

function acceptingText({ accepting, started, at, version }: Status): string {
  const since =
    started === undefined ? '' : `, up ${duration(Math.max(0, Date.parse(at) - Date.parse(started)) / 1000)}`;
  const build = `${printable(version)}${since}`;
  if (accepting === undefined) return `Not running (${build})`;
  if (accepting.ok) return `Accepting webhooks (${build})`;
  return `NOT ACCEPTING webhooks: ${accepting.reasons.map(printable).join(', ')} (${build})`;
}

function journalLine({ journal, deadLetters }: Status): string {
  const { bodies, bytes, maxBytes, bodiesPerSecond } = journal;
  const size = maxBytes === undefined ? byteSize(bytes) : `${byteSize(bytes)} of ${byteSize(maxBytes)}`;
  const speed = bodiesPerSecond === null ? '' : `, ${rate(bodiesPerSecond)} requests/s`;
  return `Journal: ${counted(bodies, 'request')}, ${size}${speed}; dead letters open: ${group(deadLetters.open)}`;
}

function row(destination: DestinationState): readonly Cell[] {
  const { name, state, lag, eventsPerSecond, counters, deadLetters } = destination;
  const open = group(deadLetters.open);
  return [
    name,
    { text: state.replace('_', ' '), colour: stateColours[state] },
    shortCount(lag.bodies),
    byteSize(lag.bytes),
    lag.bodies === 0 ? '-' : shortDuration(lag.seconds),
    rate(eventsPerSecond),
    shortCount(counters.delivered),
    deadLetters.open === 0 ? open : { text: open, colour: 'yellow' },
    lag.hoursUntilFull === null ? '-' : shortDuration(lag.hoursUntilFull * 3600),
  ];
}

const indent = 4;

/** What `delivered` means at each destination. */
function assuranceLines({ destinations }: Status, { columns = Number.POSITIVE_INFINITY }: Style): readonly string[] {
  const groups = Map.groupBy(destinations, ({ assurance = 'unknown' }) => assurance);
  const parts = [...groups].map(([assurance, those]) => `${assurance} at ${those.map(({ name }) => name).join(', ')}`);
  return wrapText(printable(`Delivered means ${parts.join('; ')}.`), columns);
}

/** A marked text, escaped, and wrapped in a terminal. */
function warning(text: string, { columns = Number.POSITIVE_INFINITY, colours }: Style): readonly string[] {
  const mark = colourWriter({ colours })('yellow', '!');
  return wrapText(printable(text), columns - indent).map((part, index) =>
    index === 0 ? `${mark} ${part}` : ' '.repeat(indent) + part,
  );
}

function gapLines({ gaps }: Status): readonly string[] {
  return gaps.map(
    ({ id, bodies, bytes, at }) =>
      `${printable(id)}  ${counted(bodies, 'request')}, ${byteSize(bytes)}, last evicted ${clockTime(at)}`,
  );
}

function incidentLines({ incidents }: Status, { columns = Number.POSITIVE_INFINITY }: Style): readonly string[] {
  return incidents.flatMap(({ id, at, kind, reason, file, recovered, lost = 'unknown' }) => {
    const where = file === undefined ? '' : `; moved to ${file}`;
    const text = `${id}  ${clockTime(at)}  ${kind}: ${reason}; recovered ${recovered}, lost ${lost}${where}`;
    return wrapText(printable(text), columns - indent).map((part, index) => (index === 0 ? part : `  ${part}`));
  });
}

function lostLines({ journal }: Status): readonly string[] {
  return journal.lost.map(
    ({ fromSequence, toSequence, bytes, reason, where }) =>
      `sequence ${fromSequence} to ${toSequence}: ${reason}, ${byteSize(bytes)}, ${printable(where)}`,
  );
}
