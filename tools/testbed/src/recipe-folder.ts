// Where the files lie that servers are built from.
import { join } from 'node:path';

/** The absolute path of recipes/<name>. */
export const recipeFolder = (name: string): string => join(import.meta.dirname, '../recipes', name);
