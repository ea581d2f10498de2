// Locates the folders with the build files of servers.
import { join } from 'node:path';

/** The absolute path of recipes/<name>. */
export const recipeFolder = (name: string): string => join(import.meta.dirname, '../recipes', name);
