// Writes the committed ECS types anew; `generate-ecs.test.ts` holds them current.
import { writeFile } from 'node:fs/promises';
import { renderEcs } from './render-ecs.ts';

await writeFile(new URL('../src/ecs.generated.ts', import.meta.url), renderEcs());
