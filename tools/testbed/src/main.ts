// The testbed command: runs real servers in the foreground.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { argv, env, stderr, stdout } from 'node:process';
import { cacheDirectory, cacheKey } from './cache.ts';
import { ensureBuilt } from './ensure-built.ts';
import { type Command, help, parseCommand } from './options.ts';
import { type ServerName, serverNames, servers, startServer } from './servers.ts';
import type { RunningServer } from './start-server.ts';
import { TestbedError } from './testbed-error.ts';

const log = (line: string): void => void stderr.write(`${line}\n`);
const cache = cacheDirectory(env);
const failed = 69;

async function runCommand(command: Command): Promise<number> {
  switch (command.command) {
    case 'help':
      stdout.write(`${help[command.of]}\n`);
      return 0;
    case 'start':
      return start(command);
    case 'build':
      await build(command.names === 'all' ? defaultServers(command.full) : command.names);
      return 0;
    case 'list':
      await list(command.json);
      return 0;
    case 'test':
      await build(defaultServers(command.full));
      return runTests(command.full, command.filters);
  }
}

const defaultServers = (full: boolean): readonly ServerName[] =>
  serverNames.filter((name) => full || !servers[name].byHand);

async function start({ name, json, settings, secure, config }: Command & { command: 'start' }): Promise<number> {
  const flags = Object.entries(settings).map(([key, value]) => `-${key}=${value}`);
  // Each server uses the options it supports; parseCommand has checked them.
  const options = { log, settings, secure, flags, ...(config !== undefined && { config }) };
  const server = await startServer(name, options);
  stdout.write(json ? `${JSON.stringify(attributes(server))}\n` : `${summary(server)}\n`);
  const stopped = await Promise.race([server.ended().then(() => false), interruption().then(() => true)]);
  if (!stopped) log(`${name} ended on its own. Its last output:\n${(await server.logs()).slice(-4_000)}`);
  await server.stop();
  return stopped ? 0 : failed;
}

/** Address, directories and files of the server; passwords stay in their file. */
function attributes(server: RunningServer) {
  const { name, url, port, dataDirectory, credentialsFile, caFile, outputFile } = server;
  return { name, url, port, processGroup: server.processGroup(), dataDirectory, credentialsFile, caFile, outputFile };
}

function summary(server: RunningServer): string {
  const { url, dataDirectory, credentialsFile, caFile, outputFile } = server;
  const lines = { data: dataDirectory, credentials: credentialsFile, authority: caFile, output: outputFile };
  const known = Object.entries(lines).flatMap(([what, path]) => (path ? [`  ${what.padEnd(12)} ${path}`] : []));
  return [`${server.name} listens on ${url}`, ...known, 'Ctrl-C stops it and removes its data.'].join('\n');
}

/** The first Ctrl-C or SIGTERM. A second one ends this process at once, and the cleanup process ends the server. */
async function interruption(): Promise<void> {
  await Promise.race((['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => once(process, signal)));
}

async function build(names: readonly ServerName[]): Promise<void> {
  for (const name of names) {
    const tree = await ensureBuilt(name, servers[name], { cache, log });
    log(`${name}: ${tree}`);
  }
}

async function list(json: boolean): Promise<void> {
  for (const name of serverNames) {
    const { title, byHand } = servers[name];
    const tree = join(cache, await cacheKey(name, servers[name]));
    const built = existsSync(tree);
    const state = built ? `built, ${tree}` : `not built${byHand ? ', large' : ''}`;
    stdout.write(
      json ? `${JSON.stringify({ name, title, built, byHand, tree })}\n` : `${name.padEnd(20)} ${title} (${state})\n`,
    );
  }
}

async function runTests(full: boolean, filters: readonly string[]): Promise<number> {
  const root = join(import.meta.dirname, '../../..');
  const config = join(import.meta.dirname, '../vitest.real.config.ts');
  const vitest = join(root, 'node_modules/.bin/vitest');
  const tests = spawn(vitest, ['run', '--root', root, '--config', config, ...filters], {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, ...(full && { XIQ_TESTBED_FULL: '1' }) },
  });
  await once(tests, 'exit');
  return tests.exitCode === 0 ? 0 : failed;
}

try {
  process.exitCode = await runCommand(parseCommand(argv.slice(2)));
} catch (error) {
  if (!(error instanceof TestbedError)) throw error;
  log(error.message);
  process.exitCode = error.exitCode;
}
