// The plugins that are built in: a configuration names them by `type`.
import { fileDestination } from '@xiq-siem/file';
import { xiqSource } from '@xiq-siem/xiq';
import type { Registry } from './config/load.ts';

export const registry: Registry = {
  sources: [xiqSource],
  destinations: [fileDestination],
};
