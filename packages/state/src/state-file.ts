// The path of the state file in a data directory.
import { join } from 'node:path';

export const stateFileIn = (directory: string): string => join(directory, 'state.sqlite');
