// Renders docs/reference/commands.md from the commands' own help and from the schemas of their JSON.
import type { Command, CommandEntry, HelpParts, JsonForm, JsonResponse } from '@xiq-siem/cli';
import { exitMeanings, exits } from '@xiq-siem/cli';
import { allCommands as commands } from '../src/commands.ts';
import { JsonTypes, row, typeName } from './render-schema.ts';

type Loaded = readonly [CommandEntry, Command];

/** A paragraph or an option that at least so many commands share is printed once; exit codes have a table. */
const usual = 3;
const usualExit = 4;

const exitRows = ({ exits: meanings }: HelpParts): readonly (readonly [number, string])[] =>
  Object.entries(exits)
    .flatMap(([name, code]) => {
      const meaning = Object.entries(meanings).find(([named]) => named === name)?.[1];
      return meaning === undefined ? [] : [[code, meaning] as const];
    })
    .sort(([a], [b]) => a - b);

/** The texts of a help, each with what it explains. */
const textsOf = (help: HelpParts): readonly (readonly [subject: string, text: string])[] => [
  ...help.text.split('\n').map((text) => [text, text] as const),
  ...Object.entries(help.options).map(([name, option]) => [`--${name}`, option.help] as const),
  ...exitRows(help).map(([code, meaning]) => [String(code), meaning] as const),
];

/** Tells a text that many commands share. An option that has a second meaning in several commands has no such text. */
function sharedTexts(all: readonly Loaded[]): (subject: string, text: string) => boolean {
  const texts = all.flatMap(([{ name }, { help }]) => {
    const parts = help(name);
    return parts === undefined ? [] : textsOf(parts);
  });
  const shared = new Map(
    [...Map.groupBy(texts, ([subject]) => subject)].map(([subject, uses]) => {
      const counts = [...Map.groupBy(uses, ([, text]) => text)].sort(([, a], [, b]) => b.length - a.length);
      const isExit = /^\d/.test(subject);
      const frequent = counts.filter(([, same]) => same.length >= (isExit ? usualExit : usual)).map(([text]) => text);
      const isAmbiguous = !isExit && (counts[1]?.[1].length ?? 0) > 1;
      return [subject, new Set(isAmbiguous ? [] : frequent)] as const;
    }),
  );
  return (subject, text) => text !== '' && shared.get(subject)?.has(text) === true;
}

function helpPart(help: HelpParts, isShared: ReturnType<typeof sharedTexts>): readonly string[] {
  const { name, usage, text, options } = help;
  const paragraphs = text.split('\n').filter((line) => !isShared(line, line));
  const all = Object.entries(options);
  const own = all.filter(([long, option]) => !isShared(`--${long}`, option.help));
  const codes = exitRows(help);
  const ownCodes = codes.filter(([code, meaning]) => !isShared(String(code), meaning));
  const sharedOptions = all.filter((pair) => !own.includes(pair) && pair[0] !== 'help').map(([long]) => `--${long}`);
  const sharedCodes = codes.filter((pair) => !ownCodes.includes(pair)).map(([code]) => code);
  return [
    ...(usage === undefined ? [] : [`\`xiq-siem ${name} ${usage} [options]\``]),
    paragraphs
      .join('\n')
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim(),
    [
      ...own.map(optionLine),
      ...ownCodes.map(([code, meaning]) => `- exit ${code}: ${meaning}`),
      `- common: \`${sharedOptions.join(' ')}\`, exit ${sharedCodes.join(', ')}`,
    ].join('\n'),
  ];
}

const optionLine = ([long, { short, value, help }]: readonly [string, HelpParts['options'][string]]): string =>
  `- \`${short === undefined ? '' : `-${short}, `}--${long}${value === undefined ? '' : ` ${value}`}\`: ${help}`;

function jsonPart({ instead = [], ...form }: JsonResponse, types: JsonTypes): readonly string[] {
  return [
    ...formPart('JSON', form, types),
    ...instead.flatMap((other) =>
      formPart(`JSON ${other.when.charAt(0).toLowerCase()}${other.when.slice(1)}`, other, types),
    ),
  ];
}

function formPart(start: string, { schema, lines, note }: JsonForm, types: JsonTypes): readonly string[] {
  const name = types.nameOf(schema);
  const head = `${start}${lines === true ? ', one object a line' : ''}`;
  const tail = note === undefined ? '' : ` ${note}`;
  return name === undefined
    ? [`${head}:${tail}`, codeBlock(types.render(schema))]
    : [`${head}: [${name}](#${name.toLowerCase()}).${tail}`];
}

const codeBlock = (text: string): string => `\`\`\`ts\n${text}\n\`\`\``;

export async function renderCommands(): Promise<string> {
  const all = await Promise.all(commands.map(async (entry) => [entry, await entry.load()] as const));
  const isShared = sharedTexts(all);
  const types = new JsonTypes(
    all.flatMap(([{ name }, { json }]) =>
      (json === undefined ? [] : [json, ...(json.instead ?? [])]).map(
        ({ schema }) => [typeName(name), schema] as const,
      ),
    ),
  );
  const sections = all.map(([{ name }, { help, json }]) => {
    const parts = help(name);
    const shown = parts === undefined ? [`Run \`xiq-siem ${name} --help\` for details.`] : helpPart(parts, isShared);
    return [`## ${name}`, ...shown, ...(json === undefined ? [] : jsonPart(json, types))].join('\n\n');
  });
  const options = new Map(
    all
      .flatMap(([{ name }, { help }]) => Object.entries(help(name)?.options ?? {}))
      .map((pair) => [optionLine(pair), pair]),
  );
  const common = [...options].flatMap(([line, [long, { help }]]) =>
    long !== 'help' && isShared(`--${long}`, help) ? [line] : [],
  );
  const overview = commands.map(({ name, summary }) => row(`[${name}](#${anchor(name)})`, summary));
  const codes = exitMeanings.map(([code, meaning]) => row(String(code), meaning));
  const definitions = types.definitions().map(([name, text]) => `### ${name}\n\n${codeBlock(text)}`);
  return `<!-- Generated by apps/receiver/scripts/generate-commands.ts: do not edit. -->

# Commands

| command | |
| --- | --- |
${overview.join('\n')}

A group's name alone runs its \`list\`. A command finds the running connector by \`admin.json\` in the data directory. If no
connector runs, the commands that only read use the files of the data directory, change nothing and report "snapshot" (JSON:
\`"snapshot": true\`, and a line on standard error). The commands that change something exit 69.

## Common options

A section lists one of these options only if it means something else there. Every command has \`--help\`.

${common.join('\n')}

\`TIME\` is ISO 8601 (UTC if it has no offset), a date (its start), or a duration before now: \`30m\`, \`24h\`, \`7d\`. A span
includes \`--from\` and excludes \`--to\`.

Output has no colours in a pipe, with \`NO_COLOR\` or with \`TERM=dumb\`; \`FORCE_COLOR=1\` forces them. Long texts are cut to the
width of a terminal, and never in a pipe. Progress goes to standard error, in a terminal only. Control characters in received
texts are escaped.

## Exit codes

Each section lists what a code means for its command in particular.

| code | |
| --- | --- |
${codes.join('\n')}

## JSON

The JSON of \`--json\` is stable: fields are added, and never changed or removed. The sections below describe it as types:
\`name?\` may be absent, \`time\` is ISO 8601 in UTC, \`a, b: integer\` are two fields of one type, \`[]\` is a list. Where a command
prints one object a line, each \`{ kind: … }\` is one form of a line. A type with a name is under [JSON types](#json-types).

${types
  .sharedNotes()
  .map(([field, note]) => `- \`${field}\`: ${note}`)
  .join('\n')}

${sections.join('\n\n')}

## JSON types

${definitions.join('\n\n')}
`;
}

const anchor = (name: string): string => name.replaceAll(' ', '-');
