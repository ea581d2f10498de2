// Opens the connector that runs on a data directory, or the files of a stopped one.
import { Agent } from 'node:http';
import { resolve } from 'node:path';
import {
  type AdminAddress,
  connectAdmin,
  type Operations,
  operationsBy,
  type RouteName,
  readAdminFile,
  refusingOperations,
  responseOf,
  routeOf,
  routes,
  type SnapshotOperations,
  streamOf,
} from '@xiq-siem/admin-api';
import type { Configuration } from '@xiq-siem/config';
import { ConnectorError, exchange } from '@xiq-siem/core';
import type { OpenedOperations, OpenOptions, Product, Purpose } from './command.ts';

/** A connector under load may be slow; a refused connection fails at once. */
const probeTimeoutMs = 5_000;
const unauthorized = 401;
const notFound = 404;

/**
 * With an invalid configuration, a running connector is still opened, and with `allowInvalidConfiguration` the files of a
 * stopped one.
 * @throws ConnectorError exit 78: the configuration is invalid, and that is not allowed or no data directory is known;
 * `not_running`: no connector runs, and `purpose` is `changes`; `connector_unreachable`: it runs and does not respond.
 */
export async function openOperations(
  product: Product,
  options: OpenOptions,
  purpose: Purpose = 'reads',
): Promise<OpenedOperations> {
  const given = options.data === undefined ? undefined : resolve(options.data);
  const running = given === undefined ? undefined : await runningAt(given);
  if (given !== undefined && running !== undefined) return runningOperations(running, given);
  const { configuration, fault, notice } = await readConfiguration(product, options, given);
  const dataDirectory = configuration.resolvePath(configuration.dataDirectory);
  const address = given === undefined ? await runningAt(dataDirectory) : undefined;
  if (address !== undefined) return { ...runningOperations(address, dataDirectory), notice };
  if (fault !== undefined && options.allowInvalidConfiguration !== true) throw fault;
  if (purpose === 'changes') throw fault ?? notRunning(dataDirectory);
  const { openSnapshotOperations } = await import('./snapshot-operations.ts');
  const opening = openSnapshotOperations(configuration, product.version, fault === undefined);
  const files = await opening.catch((cause: unknown) => {
    throw fault ?? cause;
  });
  const operations = readOnlyOperations(files, dataDirectory);
  return { operations, snapshot: true, dataDirectory, notice, close: files.close };
}

function runningOperations(address: AdminAddress, dataDirectory: string): OpenedOperations {
  return { operations: connectAdmin(address), snapshot: false, dataDirectory, close: async () => {} };
}

/** With a `fault`, the configuration is the built-in one with the data directory of the invalid one. */
async function readConfiguration(
  product: Product,
  { config: file }: OpenOptions,
  given: string | undefined,
): Promise<{ readonly configuration: Configuration; readonly fault?: ConnectorError; readonly notice?: string }> {
  const [{ configurationError, dataDirectoryOf, loadConfiguration }, registry] = await Promise.all([
    import('@xiq-siem/config'),
    product.registry(),
  ]);
  const loaded = await loadConfiguration(file, registry, process.env);
  if (loaded.ok) {
    const { configuration } = loaded;
    return { configuration: given === undefined ? configuration : { ...configuration, dataDirectory: given } };
  }
  const fault = configurationError(loaded.faults);
  const found = given === undefined && file !== undefined ? await dataDirectoryOf(file) : undefined;
  const dataDirectory = given ?? found?.path;
  const builtIn = await loadConfiguration(undefined, registry, process.env);
  if (dataDirectory === undefined || !builtIn.ok) throw fault;
  const which = given !== undefined || found?.isNamed === true ? 'data directory' : 'default data directory';
  const notice = `${file} is invalid: run xiq-siem validate. Only the ${which} ${dataDirectory} is used.`;
  return { configuration: { ...builtIn.configuration, dataDirectory }, fault, notice };
}

/** Undefined if no connector runs: there is no admin.json, or a killed connector left it behind. */
export async function runningAt(dataDirectory: string, timeoutMs = probeTimeoutMs): Promise<AdminAddress | undefined> {
  const address = await readAdminFile(dataDirectory).catch((cause: unknown) => {
    if (cause instanceof ConnectorError && cause.code === 'not_running') return undefined;
    throw cause;
  });
  return address !== undefined && (await acceptsToken(address, timeoutMs)) ? address : undefined;
}

/**
 * False if nothing listens there, or another program: after a kill its port may belong to another process.
 * @throws ConnectorError `connector_unreachable` if it listens and does not respond: it may still write its files.
 */
async function acceptsToken({ url: base, token }: AdminAddress, timeoutMs: number): Promise<boolean> {
  const outcome = await exchange({
    method: 'GET',
    url: new URL(base + routes.jobs.path),
    agent: new Agent(),
    headers: { authorization: `Bearer ${token.reveal()}` },
    timeoutMs,
    signal: new AbortController().signal,
  });
  if (outcome.kind === 'response') return outcome.status !== unauthorized && outcome.status !== notFound;
  if (outcome.code !== 'timed_out') return false;
  throw new ConnectorError('connector_unreachable', `the connector at ${base} does not respond: ${outcome.message}`);
}

/** All operations; those that need a running connector reject with `not_running`. */
export function readOnlyOperations(reading: SnapshotOperations, dataDirectory: string): Operations {
  const refusing = refusingOperations(() => Promise.reject(notRunning(dataDirectory)));
  const answering: Operations = { ...refusing, ...reading };
  const from = (name: RouteName): Operations => (routeOf(name).snapshot === true ? answering : refusing);
  return operationsBy(
    (name) => responseOf(from(name), name),
    (name) => streamOf(from(name), name),
  );
}

function notRunning(dataDirectory: string): ConnectorError {
  const message = `no connector runs on ${dataDirectory}: start it (xiq-siem serve), and run this again`;
  return new ConnectorError('not_running', message);
}
