// `xiq-siem serve`: the connector itself, from its start to its last signal.

import { configFile, defineCommand, standardErrorLogger } from '@xiq-siem/cli';
import { configurationError, loadConfiguration, secretFaults } from '@xiq-siem/config';
import { type ExitCode, exitCodes, type Logger } from '@xiq-siem/core';
import { type Connector, startConnector } from './connector.ts';
import { registry } from './registry.ts';
import { onReloadSignal, stopSignal } from './stop-signal.ts';
import { createCounters } from './telemetry/counters.ts';
import { version } from './version.ts';
import { welcome } from './welcome.ts';

export const serveCommand = defineCommand({
  text: 'Take webhooks, keep them, and deliver them as ECS documents, until SIGTERM or SIGINT. SIGHUP does what xiq-siem reload does.',
  exits: {
    ok: 'stopped by a signal',
    unavailable: 'a port is taken',
    io: 'the disk failed',
    temporary: 'another process holds the data directory',
    config: "the configuration or the data's format is at fault",
  },
  async run({ values }) {
    const signal = stopSignal();
    const loaded = await loadConfiguration(configFile(values), registry, process.env);
    if (!loaded.ok) throw configurationError(loaded.faults);
    const { configuration } = loaded;
    const missing = secretFaults(configuration);
    if (missing.length > 0) throw configurationError(missing);

    const log = standardErrorLogger();
    const connector = await startConnector(configuration, { log, counters: createCounters(), now: Date.now });
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
      // A disk that failed takes no tidying up either: that must not hide why we end.
      log.error('connector.stop_failed', { why: cause instanceof Error ? cause.message : String(cause) });
      if (exitCode === exitCodes.ok) exitCode = exitCodes.io;
    }
    // All is closed; a plugin's call into a disk or a network that hangs must not keep the process.
    process.exit(exitCode);
  },
});

/** Nobody waits for the answer to a signal: the log has it, and what changed is told there by the pipeline. */
async function reload(connector: Connector, log: Logger): Promise<void> {
  try {
    await connector.reload();
  } catch (cause) {
    log.error('configuration.reload_refused', { why: cause instanceof Error ? cause.message : String(cause) });
  }
}
