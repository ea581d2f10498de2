// Runs the conformance suite of logs on the journal, over a file system that loses unsynced writes and over real files.
import { cpSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  certainAge,
  createRecordingLogger,
  createRecordingMeter,
  type LogUnderTest,
  type ModelFiles,
  modelFiles,
} from '@xiq-siem/testkit';
import { describeLog } from '@xiq-siem/testkit/conformance';
import type { Files } from './files.ts';
import { damage } from './fixtures/test-journal.ts';
import type { Journal } from './journal.ts';
import { openJournal } from './open-journal.ts';

const maxBytes = 160_000;

function open(directory: string, files?: Files): Promise<Journal> {
  return openJournal({
    ageGuard: certainAge,
    ...{ directory, maxBytes, minFreeBytes: 0, retainForMs: 10 ** 9, segmentBytes: 20_000, maintainEveryMs: 0 },
    ...{ now: Date.now, log: createRecordingLogger(), meter: createRecordingMeter(), ...(files && { files }) },
  });
}

const overModelFiles: LogUnderTest = {
  async start() {
    let files: ModelFiles = modelFiles({ delay: setImmediate });
    let asked = 0;
    return {
      open: () => open('/data', files),
      async kill() {
        // A power cut: some unsynced sectors and names survive.
        files = files.crash(() => (asked++ * 7) % 3 === 0);
      },
      capacityBytes: { bytes: maxBytes },
      damage: {
        async inject(bodies) {
          for (const { bytes } of bodies) damage(files, Buffer.from(bytes).toString());
        },
      },
      async stop() {},
    };
  },
};

const overRealFiles: LogUnderTest = {
  async start() {
    const parent = await mkdtemp(join(tmpdir(), 'journal-'));
    let lives = 0;
    let directory = join(parent, '0');
    for (const name of ['journal', 'positions', 'quarantine']) await mkdir(join(directory, name), { recursive: true });
    return {
      open: () => open(directory),
      async kill() {
        // A copy of the files, as after a kill. The open journal continues with the original.
        const before = directory;
        directory = join(parent, String(++lives));
        cpSync(before, directory, { recursive: true });
      },
      capacityBytes: { bytes: maxBytes },
      damage: {
        async inject(bodies) {
          const journal = join(directory, 'journal');
          for (const name of await readdir(journal)) {
            const content = await readFile(join(journal, name));
            for (const { bytes } of bodies) {
              const at = content.indexOf(bytes);
              if (at >= 0) content.writeUInt8(content.readUInt8(at) ^ 1, at);
            }
            await writeFile(join(journal, name), content);
          }
        },
      },
      stop: () => rm(parent, { recursive: true, force: true }),
    };
  },
};

describeLog('the journal over files that a power cut takes', overModelFiles);
describeLog('the journal over real files', overRealFiles);
