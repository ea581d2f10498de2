// Writes configuration.md, mapping.md and problems.md of docs/reference; `generate-reference.test.ts` compares them.
import { writeFile } from 'node:fs/promises';
import { renderProblems } from './render-problems.ts';
import { renderMapping, renderReference } from './render-reference.ts';

const reference = new URL('../../../docs/reference/', import.meta.url);
await writeFile(new URL('configuration.md', reference), await renderReference());
await writeFile(new URL('mapping.md', reference), await renderMapping());
await writeFile(new URL('problems.md', reference), renderProblems());
