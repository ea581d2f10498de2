// Writes docs/reference/commands.md; `generate-commands.test.ts` compares it.
import { writeFile } from 'node:fs/promises';
import { renderCommands } from './render-commands.ts';

await writeFile(new URL('../../../docs/reference/commands.md', import.meta.url), await renderCommands());
