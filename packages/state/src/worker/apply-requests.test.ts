// What becomes of requests once the disk has failed.
import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildStateFile } from '../sqlite/build-file.ts';
import { stateFileIn } from '../state-file.ts';
import { newStateDirectory } from '../test-state.ts';
import { requestsApplier } from './apply-requests.ts';

it('after a failure nothing is taken, though its cause is gone: what the disk has of it nobody knows', async () => {
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
