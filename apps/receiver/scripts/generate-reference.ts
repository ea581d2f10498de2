// Writes configuration.md and mapping.md of docs/reference; `generate-reference.test.ts` compares them.
import { writeFile } from 'node:fs/promises';
import { renderMapping, renderReference } from './render-reference.ts';

const reference = new URL('../../../docs/reference/', import.meta.url);
await writeFile(new URL('configuration.md', reference), await renderReference());
await writeFile(new URL('mapping.md', reference), await renderMapping());
