// `xiq-siem serve`: starts the connector and stops it on a signal.

import { relative } from 'node:path';
import { configFile, defineCommand, printable, standardErrorLogger } from '@xiq-siem/cli';
import {
  type Configuration,
  configurationError,
  environmentFaults,
  loadConfiguration,
  managedSecretPath,
} from '@xiq-siem/config';
import { type ExitCode, exitCodes, type Logger, type SourceSecretReference } from '@xiq-siem/core';
import type { DestinationCheck } from '@xiq-siem/pipeline';
import { type Connector, startConnector } from './connector.ts';
import { registry } from './registry.ts';
import { version } from './version.ts';

export const serveCommand = defineCommand({
  text: 'Receive webhooks, store them in the journal and deliver them as ECS documents. SIGTERM or SIGINT stops it. SIGHUP reloads the configuration, as xiq-siem reload does.',
  exits: {
    ok: 'stopped by a signal',
    unavailable: 'a port is in use',
    io: 'the disk failed',
    temporary: 'another process uses the data directory',
    config: 'the configuration is invalid, or the format of the data directory is not supported',
  },
  async run({ values }) {
    const signal = stopSignal();
    const loaded = await loadConfiguration(configFile(values), registry, process.env);
    if (!loaded.ok) throw configurationError(loaded.faults);
    const { configuration } = loaded;
    const missing = environmentFaults(configuration);
    if (missing.length > 0) throw configurationError(missing);

    const log = standardErrorLogger();
    const connector = await startConnector(configuration, { log, now: Date.now });
    onReloadSignal(() => void reload(connector, log));
    log.info('connector.started', { version, url: connector.url, admin: connector.adminUrl });
    console.log(welcome(configuration, connector, await connector.check()));

    const failure = await Promise.race([signal, connector.failed]);
    log.info('connector.stopping', { reason: failure.message });
    let exitCode: ExitCode = 'exitCode' in failure ? failure.exitCode : exitCodes.ok;
    try {
      await connector.stop(connector.shutdownGraceMs());
      log.info('connector.stopped');
    } catch (cause) {
      // After a disk failure, closing fails too. It must not replace the first failure as the exit code.
      log.error('connector.stop_failed', { error: cause instanceof Error ? cause.message : String(cause) });
      if (exitCode === exitCodes.ok) exitCode = exitCodes.io;
    }
    // A plugin call that hangs must not keep the process alive.
    process.exit(exitCode);
  },
});

/** A signal has no response: a failure is logged here, and the pipeline logs the changes. */
async function reload(connector: Connector, log: Logger): Promise<void> {
  try {
    await connector.reload();
  } catch (cause) {
    log.error('configuration.reload_refused', { error: cause instanceof Error ? cause.message : String(cause) });
  }
}

/** Resolves at the first signal. The second one ends the process at once: bodies with a 202 response are on disk. */
export function stopSignal(): Promise<{ readonly message: string }> {
  return new Promise((resolve) => {
    let asked = false;
    const numbers = { SIGTERM: 15, SIGINT: 2 } as const;
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        if (asked) process.exit(128 + numbers[name]);
        asked = true;
        resolve({ message: name });
      });
    }
  });
}

/** Handles SIGHUP. Without a handler it would end the process. */
export function onReloadSignal(reload: () => void): void {
  process.on('SIGHUP', reload);
}

/** An example body of the vendor. */
const exampleBody =
  '[{"ownerId":1091,"orgId":0,"timeStamp":1636337187553,"id":null,"userId":6553,"code":10001,"category":1,"description":"Logged in with privileges of admin group Administrator","userName":"user@extremecloudiq.com","vhmName":"USER-VHM"}]';

export function welcome(
  { sources, resolvePath }: Configuration,
  { url, adminUrl, secretsDirectory }: Connector,
  checks: readonly DestinationCheck[],
): string {
  const lines = [`Webhooks: ${url}/webhooks/<source>/<MESSAGE_TYPE>    Readiness: ${adminUrl}/readyz`];
  for (const { name, type, ok, message } of checks) {
    lines.push(`Destination ${name} (${type}): ${ok ? '' : 'NOT READY: '}${printable(message)}`);
  }
  for (const { name, secrets } of sources) {
    const [first] = secrets;
    if (first === undefined) continue;
    const secret = shellSecret(first.reference, managedSecretPath(secretsDirectory, name), resolvePath);
    lines.push(
      `\nTo send a test webhook to source ${name}:\n`,
      `curl -u "xiq:${secret}" -H 'content-type: application/json' -d '${exampleBody}' ${url}/webhooks/${name}/AUDIT_LOG_ALL\n`,
    );
  }
  return lines.join('\n');
}

/** A shell expression that reads the secret, so that the secret itself is not printed. */
function shellSecret(
  reference: SourceSecretReference,
  managedPath: string,
  resolvePath: (path: string) => string,
): string {
  if ('env' in reference) return `$${reference.env}`;
  const path = 'file' in reference ? resolvePath(reference.file) : managedPath;
  const relativePath = relative(process.cwd(), path);
  const shortest = relativePath.length < path.length ? relativePath : path;
  return `$(head -n 1 '${shortest.replaceAll("'", `'\\''`)}')`;
}
