// Writes the configuration's reference anew; `generate-reference.test.ts` holds it current.
import { writeFile } from 'node:fs/promises';
import { renderReference } from './render-reference.ts';

await writeFile(new URL('../../../docs/reference/configuration.md', import.meta.url), await renderReference());
