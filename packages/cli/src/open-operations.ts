// Whom a command asks: the connector that runs on this data directory, or the files of the one that does not.
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

/** A connector under load may take its time; one that is not there is told at once. */
const probeTimeoutMs = 5_000;
const unauthorized = 401;
const notFound = 404;

/**
 * With a configuration at fault, `despiteFaults` asks a running connector all the same, and reads the files of a stopped
 * one.
 * @throws ConnectorError exit 78 for a configuration at fault, where that will not do or no data directory is known;
 * `not_running` for a connector that hangs, and where something is to change and none runs.
 */
export async function openOperations(
  product: Product,
  options: OpenOptions,
  purpose: Purpose = 'reads',
): Promise<OpenedOperations> {
  const given = options.data === undefined ? undefined : resolve(options.data);
  const asked = given === undefined ? undefined : await runningAt(given);
  if (given !== undefined && asked !== undefined) return ofRunning(asked, given);
  const { configuration, fault, notice } = await readConfiguration(product, options, given);
  const dataDirectory = configuration.resolvePath(configuration.dataDirectory);
  const address = given === undefined ? await runningAt(dataDirectory) : undefined;
  if (address !== undefined) return { ...ofRunning(address, dataDirectory), notice };
  if (purpose === 'changes') throw fault ?? notRunning(dataDirectory);
  const { openSnapshotOperations } = await import('./snapshot-operations.ts');
  const opening = openSnapshotOperations(configuration, product.version, fault === undefined);
  const files = await opening.catch((cause: unknown) => {
    throw fault ?? cause;
  });
  return { operations: readingOnly(files, dataDirectory), snapshot: true, dataDirectory, notice, close: files.close };
}

function ofRunning(address: AdminAddress, dataDirectory: string): OpenedOperations {
  return { operations: connectAdmin(address), snapshot: false, dataDirectory, close: async () => {} };
}

/** With a `fault` the configuration is the built-in one, with the data directory of the one that is at fault. */
async function readConfiguration(
  product: Product,
  { config: file, despiteFaults = false }: OpenOptions,
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
  const usual = await loadConfiguration(undefined, registry, process.env);
  if (!despiteFaults || dataDirectory === undefined || !usual.ok) throw fault;
  const which = given !== undefined || found?.isNamed === true ? 'data directory' : 'default data directory';
  const notice = `${file} is at fault, as xiq-siem validate says: only the ${which} ${dataDirectory} is used`;
  return { configuration: { ...usual.configuration, dataDirectory }, fault, notice };
}

/** Undefined where no connector runs: no admin.json, or one that a killed connector left behind. */
export async function runningAt(dataDirectory: string, timeoutMs = probeTimeoutMs): Promise<AdminAddress | undefined> {
  const address = await readAdminFile(dataDirectory).catch((cause: unknown) => {
    if (cause instanceof ConnectorError && cause.code === 'not_running') return undefined;
    throw cause;
  });
  return address !== undefined && (await knowsUs(address, timeoutMs)) ? address : undefined;
}

/**
 * False where nobody listens, or somebody else does: what a killed connector left behind may name another's port.
 * @throws ConnectorError `not_running` where somebody listens and does not answer: its files are not at rest then.
 */
async function knowsUs({ url: base, token }: AdminAddress, timeoutMs: number): Promise<boolean> {
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
  throw new ConnectorError('not_running', `the connector at ${base} is there, but gave ${outcome.message}`);
}

/** All operations, of which those that need a running connector refuse. */
export function readingOnly(reading: SnapshotOperations, dataDirectory: string): Operations {
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
