// Renders `status` as text: the worst problem first, and on one screen if the terminal has the lines for it.
import type { Problem, Status } from '@xiq-siem/admin-api';
import type { CommonValues } from '../connection.ts';
import { hintText, wrapHint } from '../hints.ts';
import { type Colour, colourWriter } from '../terminal/colours.ts';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wrapText } from '../terminal/text-width.ts';
import { byteSize, counted, duration, group, rate } from '../terminal/units.ts';
import { headlineOf, severityColours } from './headline.ts';
import { destinationTable } from './status-table.ts';

export type Style = Pick<Terminal, 'columns' | 'rows' | 'colours'>;
type Given = Pick<CommonValues, 'config' | 'data'>;

/** Problems in a pipe; `--json` has all. */
const maxListed = 50;
const indent = 4;
/** For the prompt after the output. */
const promptLines = 1;

/** `given`: the options of the user, for the commands of the problems. */
export function renderStatus(status: Status, terminal: Style, given: Given = {}): readonly string[] {
  const { columns: width = Number.POSITIVE_INFINITY, rows = Number.POSITIVE_INFINITY } = terminal;
  const coloured = colourWriter(terminal);
  const wrapped = (text: string, colour?: Colour): readonly string[] =>
    wrapText(printable(text), width).map((line) => coloured(colour, line));
  const headline = headlineOf(status);
  const top = [
    ...wrapped(headline.text, headline.colour),
    ...wrapped(acceptingText(status), status.accepting?.ok === false ? 'red' : undefined),
  ];
  const table = destinationTable(status, terminal);
  const problems = status.problems.map((problem) => problemLines(problem, terminal, given));
  const jobs = status.jobsRunning === 0 ? '' : `; ${counted(status.jobsRunning, 'job')} running (xiq-siem jobs)`;
  const journal = wrapped(`${journalText(status)}${jobs}`);
  const assurance = wrapped(`${assuranceText(status)}${repeatedText(status)}`);
  const screen = (rest: readonly string[], details: readonly string[], list: readonly string[]): readonly string[] => [
    ...top,
    ...rest,
    ...(list.length === 0 ? [] : ['', ...list]),
    '',
    ...table,
    ...details,
  ];
  const limit = rows - promptLines;
  const all = listed(problems, Number.POSITIVE_INFINITY, given);
  const forms = [screen(journal, assurance, all), screen(journal, [], all), screen([], [], all)];
  const fitting = forms.find((lines) => lines.length <= limit);
  if (fitting !== undefined) return fitting;
  return screen([], [], listed(problems, limit - screen([], [], []).length - 1, given));
}

/** The worst problems in at most `limit` lines, but never fewer than one problem. */
function listed(problems: readonly (readonly string[])[], limit: number, given: Given): readonly string[] {
  const total = problems.reduce((sum, lines) => sum + lines.length, 0);
  if (total <= limit && problems.length <= maxListed) return problems.flat();
  const shown: string[] = [];
  let count = 0;
  for (const lines of problems.slice(0, maxListed)) {
    if (count > 0 && shown.length + lines.length + 1 > limit) break;
    shown.push(...lines);
    count += 1;
  }
  const more = problems.length - count;
  const hint = Number.isFinite(limit) ? '`xiq-siem status` | cat' : '`xiq-siem status --json`';
  const rest = hintText(`… ${counted(more, 'more problem', 'more problems')}: ${hint}`, given);
  return more === 0 ? shown : [...shown, ...wrapHint(rest, Number.POSITIVE_INFINITY)];
}

function acceptingText({ accepting, started, at, version, sources = [] }: Status): string {
  const ageOf = (time: string): string => duration(Math.max(0, Date.parse(at) - Date.parse(time)) / 1000);
  const build = `(${version}${started === undefined ? '' : `, up ${ageOf(started)}`})`;
  const received = sources.map(
    ({ name, lastReceived }) => `${name} ${lastReceived === undefined ? '-' : `${ageOf(lastReceived)} ago`}`,
  );
  const last = received.length === 0 ? '' : `. Last webhook: ${received.join(', ')}`;
  if (accepting === undefined) return `Not running ${build}${last}`;
  if (accepting.ok) return `Accepting webhooks ${build}${last}`;
  return `NOT ACCEPTING webhooks: ${accepting.reasons.join(', ')} ${build}${last}`;
}

function journalText({ journal, deadLetters, stateFault }: Status): string {
  const { bodies, bytes, maxBytes, bodiesPerSecond } = journal;
  const size = maxBytes === undefined ? byteSize(bytes) : `${byteSize(bytes)} of ${byteSize(maxBytes)}`;
  const speed = bodiesPerSecond === null ? '' : `, ${rate(bodiesPerSecond)} requests/s`;
  const dead = stateFault === undefined ? group(deadLetters.open) : 'unknown';
  return `Journal: ${counted(bodies, 'request')}, ${size}${speed}; dead letters open: ${dead}`;
}

/** What `delivered` means at each destination. */
function assuranceText({ destinations }: Status): string {
  const groups = Map.groupBy(destinations, ({ assurance = 'unknown' }) => assurance);
  const parts = [...groups].map(([assurance, those]) => `${assurance} at ${those.map(({ name }) => name).join(', ')}`);
  return `Delivered means ${parts.join('; ')}.`;
}

/** Events that a destination may merge by their id. */
function repeatedText({ sources = [] }: Status): string {
  const parts = sources.flatMap(({ name, repeatedContent = 0 }) =>
    repeatedContent === 0 ? [] : [`${counted(repeatedContent, 'event')} of ${name}`],
  );
  return parts.length === 0 ? '' : ` Equal to an event of another request, with one id: ${parts.join(', ')}.`;
}

function problemLines({ severity, subject, text, next }: Problem, style: Style, given: Given): readonly string[] {
  const { columns = Number.POSITIVE_INFINITY } = style;
  const mark = colourWriter(style)(severityColours[severity], '!');
  const { kind, name } = subject;
  const of = name === undefined ? '' : `${kind === 'source' ? 'source ' : ''}${name}: `;
  const whole = printable(`${of}${text}${/[.!?]$/.test(text) ? '' : '.'} Next: `) + hintText(printable(next), given);
  return wrapHint(whole, columns - indent).map((line, index) =>
    index === 0 ? `${mark} ${line}` : ' '.repeat(indent) + line,
  );
}
