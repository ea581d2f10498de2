// Parses the command line of the testbed.
import { readFileSync } from 'node:fs';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { isServerName, type ServerName, serverNames } from './servers.ts';
import { TestbedError } from './testbed-error.ts';

const names = serverNames.join('|');

export const help = {
  testbed: `Usage: testbed COMMAND [options]

Real servers for tests, on loopback, built on first use into a cache outside the tree.

  start NAME     start a server and keep it until Ctrl-C or SIGTERM
  build NAME     build a server without starting it; --all: every one
  list           the servers, and which of them are built
  test           build what is missing, then run the integration tests (*.int.test.ts) of all projects

Run COMMAND --help for details. Environment: ES_JDK or JAVA_HOME (folder of a JDK), GO, MVN (commands),
XIQ_TESTBED_CACHE (folder of built servers; default ~/.cache/xiq-siem-testbed).
Exit: 0 ok, 64 the command line is wrong, 69 a tool is missing, or a build, a start or a test failed.`,
  start: `Usage: testbed start ${names} [options]

Starts it on a free loopback port, prints where it listens, and waits. Ctrl-C or SIGTERM stops it and removes its data.

  --set KEY=VALUE    a setting of Elasticsearch, or (KEY=VALUE as -KEY=VALUE) a flag of VictoriaLogs; may be repeated
  --plain            elasticsearch-8 and elasticsearch-full: plain HTTP, no users
  --config FILE      otelcol: its YAML, with \${env:OTLP_ENDPOINT}, \${env:OTLP_FILE} and \${env:DATA} as address and paths
  --json             print one line of JSON
  --help`,
  build: `Usage: testbed build NAME | --all [--full]

  NAME      ${names}
  --all     every server except the large ones
  --full    the large ones too
  --help`,
  list: `Usage: testbed list [--json] [--help]`,
  test: `Usage: testbed test [--full] [PART OF A FILE NAME ...]

Runs *.int.test.ts of all projects, or those whose names contain one of the parts. A missing JDK, Go or Maven is a failure.

  --full    also *.full.int.test.ts, with the large servers
  --help`,
} as const;

export type Command =
  | { readonly command: 'help'; readonly of: keyof typeof help }
  | {
      readonly command: 'start';
      readonly name: ServerName;
      readonly json: boolean;
      readonly settings: Readonly<Record<string, string>>;
      readonly secure: boolean;
      /** The text of --config. */
      readonly config?: string;
    }
  | { readonly command: 'build'; readonly names: readonly ServerName[] | 'all'; readonly full: boolean }
  | { readonly command: 'list'; readonly json: boolean }
  | { readonly command: 'test'; readonly full: boolean; readonly filters: readonly string[] };

const flag = { type: 'boolean', default: false } as const;

/** @throws TestbedError (64) with the expected form. */
export function parseCommand([command, ...args]: readonly string[]): Command {
  switch (command) {
    case 'start':
      return parseStart(args);
    case 'build': {
      const { values, positionals } = parse(args, { all: flag, full: flag, help: flag });
      if (values.help) return { command: 'help', of: 'build' };
      if (values.all && positionals.length > 0) throw usage('build takes either --all or one server, not both');
      if (values.all) return { command, names: 'all', full: values.full };
      return { command, names: [serverOf('build', positionals)], full: true };
    }
    case 'list': {
      const { values } = parse(args, { json: flag, help: flag });
      return values.help ? { command: 'help', of: 'list' } : { command, json: values.json };
    }
    case 'test': {
      const { values, positionals } = parse(args, { full: flag, help: flag });
      return values.help ? { command: 'help', of: 'test' } : { command, full: values.full, filters: positionals };
    }
    case '--help':
    case 'help':
      return { command: 'help', of: 'testbed' };
    default:
      throw usage(`unknown command ${command ?? '(none)'}: expected start, build, list or test; see testbed --help`);
  }
}

function parseStart(args: readonly string[]): Command {
  const none: string[] = [];
  const set = { type: 'string', multiple: true, default: none } as const;
  const { values, positionals } = parse(args, { json: flag, plain: flag, help: flag, set, config: { type: 'string' } });
  if (values.help) return { command: 'help', of: 'start' };
  const name = serverOf('start', positionals);
  const takes = (option: string, given: boolean, ...takers: readonly ServerName[]): void => {
    if (given && !takers.includes(name))
      throw usage(`--${option} is an option of ${takers.join(', ')}, not of ${name}`);
  };
  takes('plain', values.plain, 'elasticsearch-8', 'elasticsearch-full');
  takes('config', values.config !== undefined, 'otelcol');
  takes('set', values.set.length > 0, 'elasticsearch', 'elasticsearch-8', 'elasticsearch-full', 'victorialogs');
  return {
    command: 'start',
    name,
    json: values.json,
    secure: !values.plain,
    settings: Object.fromEntries(values.set.map(settingOf)),
    ...(values.config !== undefined && { config: textOf(values.config) }),
  };
}

function parse<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : 'invalid arguments');
  }
}

function serverOf(command: string, [name, ...rest]: readonly string[]): ServerName {
  if (name !== undefined && rest.length === 0 && isServerName(name)) return name;
  throw usage(
    `${command} takes one server, ${names.replaceAll('|', ', ')}; given: ${[name, ...rest].join(' ') || 'none'}`,
  );
}

function settingOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw usage(`--set takes KEY=VALUE, not ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usage(`--config cannot be read: ${error instanceof Error ? error.message : path}`);
  }
}

const usage = (message: string): TestbedError => new TestbedError(message, 64);
