// Whom a command asks: the connector that runs on this data directory, or the files of the one that does not.
import { Agent } from 'node:http';
import { resolve } from 'node:path';
import {
  type AdminAddress,
  answerOf,
  connectAdmin,
  type Operations,
  operationsBy,
  type RouteName,
  readAdminFile,
  refusingOperations,
  routeOf,
  routes,
  type SnapshotOperations,
  streamOf,
} from '@xiq-siem/admin-api';
import { ConnectorError, exchange } from '@xiq-siem/core';
import type { OpenedOperations, Place, Product, Purpose } from './command.ts';

/** A connector under load may take its time; one that is not there is told at once. */
const probeTimeoutMs = 5_000;
const unauthorized = 401;
const notFound = 404;

/** What the files tell without a configuration. */
const ofFilesAlone: readonly RouteName[] = ['status', 'listDeadLetters', 'groupDeadLetters', 'showDeadLetter', 'jobs'];

/**
 * With a configuration at fault, a running connector is asked all the same, and of a stopped one what its files tell.
 * @throws ConnectorError exit 78 for a configuration at fault, where no data directory is known or nothing can be read
 * without it; `not_running` for a connector that hangs, and where something is to change and none runs.
 */
export async function openOperations(
  product: Product,
  { config, data }: Place,
  purpose: Purpose = 'reads',
): Promise<OpenedOperations> {
  const given = data === undefined ? undefined : resolve(data);
  const asked = given === undefined ? undefined : await runningAt(given);
  if (given !== undefined && asked !== undefined) return ofRunning(asked, given);
  const { configuration, fault } = await readConfiguration(product, config, given);
  const dataDirectory = configuration.resolvePath(configuration.dataDirectory);
  const address = given === undefined ? await runningAt(dataDirectory) : undefined;
  if (address !== undefined) return { ...ofRunning(address, dataDirectory), fault: fault?.message };
  if (purpose === 'changes') throw fault ?? notRunning(dataDirectory);
  const { openSnapshotOperations } = await import('./snapshot-operations.ts');
  const files = await openSnapshotOperations(configuration, product.version, fault === undefined);
  const operations = readingOnly(files, dataDirectory, fault);
  return { operations, snapshot: true, dataDirectory, fault: fault?.message, close: () => files.close() };
}

function ofRunning(address: AdminAddress, dataDirectory: string): OpenedOperations {
  return { operations: connectAdmin(address), snapshot: false, dataDirectory, close: async () => {} };
}

/** With a `fault`, the configuration is the built-in one, with the data directory of the one that is at fault. */
async function readConfiguration(product: Product, file: string | undefined, given: string | undefined) {
  const [{ configurationError, dataDirectoryOf, loadConfiguration }, registry] = await Promise.all([
    import('@xiq-siem/config'),
    product.registry(),
  ]);
  const loaded = await loadConfiguration(file, registry, process.env);
  const usual = loaded.ok ? loaded : await loadConfiguration(undefined, registry, process.env);
  const fault = loaded.ok ? undefined : configurationError(loaded.faults);
  const lenient = fault === undefined || file === undefined ? undefined : await dataDirectoryOf(file);
  const dataDirectory = given ?? lenient;
  if (!usual.ok || (fault !== undefined && dataDirectory === undefined)) throw fault;
  const { configuration } = usual;
  return { fault, configuration: dataDirectory === undefined ? configuration : { ...configuration, dataDirectory } };
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
  if (outcome.kind === 'answer') return outcome.status !== unauthorized && outcome.status !== notFound;
  if (outcome.code !== 'timed_out') return false;
  throw new ConnectorError('not_running', `the connector at ${base} is there, but gave ${outcome.message}`);
}

/** All operations, of which those refuse that need a running connector, or a configuration that is at fault. */
export function readingOnly(reading: SnapshotOperations, dataDirectory: string, fault?: ConnectorError): Operations {
  const refusing = refusingOperations(() => Promise.reject(notRunning(dataDirectory)));
  const faulty = refusingOperations(() => Promise.reject(fault));
  const answering: Operations = { ...refusing, ...reading };
  const from = (name: RouteName): Operations => {
    if (routeOf(name).snapshot !== true) return refusing;
    return fault === undefined || ofFilesAlone.includes(name) ? answering : faulty;
  };
  return operationsBy(
    (name) => answerOf(from(name), name),
    (name) => streamOf(from(name), name),
  );
}

function notRunning(dataDirectory: string): ConnectorError {
  const message = `no connector runs on ${dataDirectory}: start it (xiq-siem serve), and run this again`;
  return new ConnectorError('not_running', message);
}
