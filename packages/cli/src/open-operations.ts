// Whom a command asks: the connector that runs on this data directory, or the files of the one that does not.
import { Agent } from 'node:http';
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
import type { Configuration } from '@xiq-siem/config';
import { ConnectorError, exchange } from '@xiq-siem/core';
import type { OpenedOperations, Product, Purpose } from './command.ts';

/** A connector under load may take its time; one that is not there is told at once. */
const probeTimeoutMs = 5_000;
const unauthorized = 401;
const notFound = 404;

/**
 * @throws ConnectorError exit 78 for a configuration at fault; `not_running` for a connector that hangs, and where
 * something is to change and none runs.
 */
export async function openOperations(
  product: Product,
  configFile: string | undefined,
  purpose: Purpose = 'reads',
): Promise<OpenedOperations> {
  const configuration = await readConfiguration(product, configFile);
  const dataDirectory = configuration.resolvePath(configuration.dataDirectory);
  const address = await runningAt(dataDirectory);
  if (address !== undefined) {
    return { operations: connectAdmin(address), snapshot: false, dataDirectory, close: async () => {} };
  }
  if (purpose === 'changes') throw notRunning(dataDirectory);
  const { openSnapshotOperations } = await import('./snapshot-operations.ts');
  const files = await openSnapshotOperations(configuration, product.version);
  return {
    operations: readingOnly(files, dataDirectory),
    snapshot: true,
    dataDirectory,
    close: () => files.close(),
  };
}

async function readConfiguration(product: Product, file: string | undefined): Promise<Configuration> {
  const [{ configurationError, loadConfiguration }, registry] = await Promise.all([
    import('@xiq-siem/config'),
    product.registry(),
  ]);
  const loaded = await loadConfiguration(file, registry, process.env);
  if (!loaded.ok) throw configurationError(loaded.faults);
  return loaded.configuration;
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

/** All operations, of which those that need a running connector refuse. */
export function readingOnly(reading: SnapshotOperations, dataDirectory: string): Operations {
  const refusing = refusingOperations(() => Promise.reject(notRunning(dataDirectory)));
  const answering: Operations = { ...refusing, ...reading };
  const from = (name: RouteName): Operations => (routeOf(name).snapshot === true ? answering : refusing);
  return operationsBy(
    (name) => answerOf(from(name), name),
    (name) => streamOf(from(name), name),
  );
}

function notRunning(dataDirectory: string): ConnectorError {
  const message = `no connector runs on ${dataDirectory}: start it (xiq-siem serve), and run this again`;
  return new ConnectorError('not_running', message);
}
