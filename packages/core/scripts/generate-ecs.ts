// Generates `src/ecs.generated.ts`. `generate-ecs.test.ts` checks that it is up to date.
import { writeFile } from 'node:fs/promises';
import { renderEcs } from './render-ecs.ts';

await writeFile(new URL('../src/ecs.generated.ts', import.meta.url), renderEcs());
