import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeDestination } from '@xiq-siem/testkit/conformance';
import { onTestFinished } from 'vitest';
import { createFileDestination, fileDestination } from './file-destination.ts';
import { idsIn, temporaryDirectory, testContext } from './test-context.ts';

const disk = { freeBytes: 0 };
const plenty = 10_000_000_000;

describeDestination('file', {
  definition: {
    ...fileDestination,
    create: async (config, context) =>
      createFileDestination(fileDestination.configSchema.parse(config), context, async () => disk.freeBytes),
  },
  async start({ log, meter }) {
    const directory = join(await temporaryDirectory(onTestFinished), 'out');
    disk.freeBytes = plenty;
    return {
      config: { directory },
      context: { ...testContext().context, log, meter },
      received: () => idsIn(directory),
      requests: { notApplicable: 'a file receives no requests' },
      connections: { notApplicable: 'a file has no connections' },
      faults: {
        // A full disk.
        down: {
          async inject() {
            disk.freeBytes = 0;
          },
          async recover() {
            disk.freeBytes = plenty;
          },
        },
        // A file has the name of the directory: missing permissions would not stop root.
        refuseCredentials: {
          async inject() {
            await rm(directory, { recursive: true, force: true });
            await writeFile(directory, '');
          },
        },
        hang: { notApplicable: 'a write to a disk cannot be cancelled' },
        busy: { notApplicable: 'a disk does not report that it is busy' },
        rejectOne: { notApplicable: 'a file accepts every line' },
      },
      secrets: [],
      stop: async () => {},
    };
  },
});
