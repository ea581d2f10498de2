// Preloaded by the control of the power-cut test: a node whose file syncs do nothing.
import { constants } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { open } = promises;

promises.open = async (path, flags, mode) => {
  const handle = await open(path, typeof flags === 'number' ? flags & ~constants.O_DSYNC : flags, mode);
  handle.sync = async () => {};
  handle.datasync = async () => {};
  return handle;
};
syncBuiltinESMExports();
