// Tests requests after a failure of the disk.
import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildStateFile } from '../sqlite/build-file.ts';
import { stateFileIn } from '../state-file.ts';
import { newStateDirectory } from '../test-state.ts';
import { requestsApplier } from './apply-requests.ts';

it('rejects all requests after a failure, even if its cause is gone, because the content on disk is unknown', async () => {
  const directory = await newStateDirectory();
  const file = stateFileIn(directory);
  const paths = { file, quarantine: join(directory, 'quarantine') };
  const apply = requestsApplier({ paths, now: Date.now, onIncident: () => undefined });
  const read = () => apply([{ kind: 'read', sql: 'SELECT 1', parameters: [] }]);
  rmSync(file);
  mkdirSync(file);
  expect(await read()).toMatchObject([{ failure: { kind: 'failed' } }]);
  rmdirSync(file);
  buildStateFile(file);
  expect(await read()).toMatchObject([{ failure: { kind: 'failed' } }]);
  expect(await apply([{ kind: 'close' }])).toEqual([{ rows: [] }]);
});
