// The file destination: each batch is appended to an NDJSON file, and on disk before it counts as delivered.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { allDelivered, createSerialQueue, type Destination, defineDestination } from '@xiq-siem/core';
import { type FileConfig, fileConfig } from './config.ts';
import { freeBytesOf, makeDirectory } from './directory.ts';
import { DiskFault, explainFault, type FaultCode, faultCodes, faultReport } from './disk-fault.ts';
import { findEvent } from './find-event.ts';
import { type FileContext, fileMetrics, rotatingFile } from './rotating-file.ts';

export const fileDestination = defineDestination({
  type: 'file',
  assurance: 'stored',
  codes: faultCodes,
  metrics: fileMetrics,
  maxInFlight: 1,
  configSchema: fileConfig,
  create: async (config, context) => createFileDestination(config, context),
});

/** `freeBytes` tells the free space on a directory's disk; tests give another. Opens no file before the first batch. */
export function createFileDestination(
  config: FileConfig,
  context: FileContext,
  freeBytes: (directory: string) => Promise<number> = freeBytesOf,
): Destination<FaultCode> {
  const directory = context.resolvePath(config.directory);
  const files = rotatingFile(directory, config, context);
  // Even after the engine stopped waiting for the batch before.
  const inTurn = createSerialQueue();

  async function append(bytes: Uint8Array): Promise<void> {
    const file = await files.ready(bytes.length);
    const free = await freeBytes(directory);
    if (free - bytes.length < config.minFreeBytes) {
      throw new DiskFault('disk_full', `${directory} has ${free} bytes left; minFreeBytes is ${config.minFreeBytes}`);
    }
    await file.append(bytes);
  }

  return {
    deliver(batch, signal) {
      return inTurn(async () => {
        if (signal.aborted) return { batch: 'unavailable', code: 'aborted' } as const;
        try {
          await append(Buffer.from(batch.items.map(({ json }) => `${json}\n`).join('')));
          return allDelivered(batch);
        } catch (error) {
          // A file that failed once is never trusted again: the next batch opens it again.
          await files.release().catch(() => {});
          return faultReport(error);
        }
      });
    },

    async check() {
      try {
        await makeDirectory(directory);
        await access(directory, constants.W_OK | constants.X_OK);
        const free = await freeBytes(directory);
        const message = `${directory} is writable and has ${free} bytes left`;
        if (free >= config.minFreeBytes) return { ok: true, message };
        return { ok: false, message: `${message}, but minFreeBytes is ${config.minFreeBytes}: free some space` };
      } catch (error) {
        return { ok: false, message: `${directory} cannot be written to: ${explainFault(error)}` };
      }
    },

    find: (event, signal) => findEvent(directory, context.name, event, signal),
    close: files.release,
  };
}
