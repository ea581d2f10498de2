// The file destination: appends each batch to an NDJSON file, and reports it delivered when it is on disk.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import {
  allDelivered,
  type Batch,
  type CheckResult,
  codeOfSignal,
  createSerialQueue,
  type DeliveryReport,
  type Destination,
  defineDestination,
} from '@xiq-siem/core';
import { type FileConfig, fileConfig } from './config.ts';
import { createDirectory, freeBytesOf } from './directory.ts';
import { DiskFault, explainFault, type FaultCode, faultCodes, faultReport } from './disk-fault.ts';
import { findEvent } from './find-event.ts';
import { notAFile } from './output-file.ts';
import { createOutputFiles, type FileContext, fileMetrics } from './output-files.ts';
import { listOutputFiles } from './output-names.ts';

export const fileDestination = defineDestination({
  type: 'file',
  assurance: 'stored',
  codes: faultCodes,
  metrics: fileMetrics,
  maxInFlight: 1,
  configSchema: fileConfig,
  create: async (config, context) => createFileDestination(config, context),
});

/** Opens no file before the first batch. `freeBytes` returns the free disk space of a directory; tests replace it. */
export function createFileDestination(
  config: FileConfig,
  context: FileContext,
  freeBytes: (directory: string) => Promise<number> = freeBytesOf,
): Destination<FaultCode> {
  const directory = context.resolvePath(config.directory);
  const files = createOutputFiles(directory, config, context);
  // The engine sends one batch at a time, but may stop waiting for a batch that this plugin still writes.
  const inOrder = createSerialQueue();

  async function ensureSpace(bytes: number): Promise<void> {
    const free = await freeBytes(directory);
    if (free - bytes >= config.minFreeBytes) return;
    throw new DiskFault('disk_full', `${directory} has ${free} bytes free; minFreeBytes is ${config.minFreeBytes}`);
  }

  async function deliverToFile(batch: Batch, signal: AbortSignal): Promise<DeliveryReport<FaultCode>> {
    if (signal.aborted) return { batch: 'unavailable', code: codeOfSignal(signal) };
    try {
      const lines = Buffer.from(batch.items.map(({ json }) => `${json}\n`).join(''));
      const change = await files.append(lines, ensureSpace);
      if (change === 'unchanged') return allDelivered(batch);
      // The other program may have read the file before these lines were in it, as a compressor does, and then delete it.
      if (change === 'moved') return allUnknown(batch, 'file_moved', 'the file was moved while it was written');
      if (change === 'truncated')
        return allUnknown(batch, 'file_truncated', 'the file was truncated while it was written');
      return { batch: 'unavailable', code: 'path_missing', message: 'the file was deleted while it was written' };
    } catch (error) {
      // The state of a file is unknown after an error: the next batch opens it again and checks its last line.
      await files.closeAfterFault().catch(() => {});
      return faultReport(error);
    }
  }

  async function checkDirectory(): Promise<CheckResult> {
    try {
      await createDirectory(directory);
      await access(directory, constants.W_OK | constants.X_OK);
      const { obstacle, files: found } = await listOutputFiles(directory, context.name);
      if (obstacle !== undefined) throw notAFile(obstacle);
      const newest = found.at(-1);
      if (newest !== undefined) await access(newest.path, constants.R_OK | constants.W_OK);
      const free = await freeBytes(directory);
      const message = `${directory} is writable and has ${free} bytes free`;
      if (free >= config.minFreeBytes) return { ok: true, message };
      return { ok: false, message: `${message}, but minFreeBytes is ${config.minFreeBytes}: free disk space` };
    } catch (error) {
      return { ok: false, message: `${directory} is not writable: ${explainFault(error)}` };
    }
  }

  return {
    deliver: (batch, signal) => inOrder(() => deliverToFile(batch, signal)),
    check: checkDirectory,
    find: (event, signal) => findEvent(directory, context.name, event, signal),
    reopen: async () => files.requestReopen(),
    close: files.close,
  };
}

function allUnknown(batch: Batch, code: FaultCode, message: string): DeliveryReport<FaultCode> {
  return { items: batch.items.map(({ index }) => ({ index, verdict: 'unknown', code, message })) };
}
