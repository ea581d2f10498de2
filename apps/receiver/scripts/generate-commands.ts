// Writes the commands' reference anew; `generate-commands.test.ts` holds it current.
import { writeFile } from 'node:fs/promises';
import { renderCommands } from './render-commands.ts';

await writeFile(new URL('../../../docs/reference/commands.md', import.meta.url), await renderCommands());
