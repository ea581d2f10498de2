import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { renderEcs } from './render-ecs.ts';

it('the committed ECS types match the field list and @elastic/ecs', async () => {
  expect(await readFile(new URL('../src/ecs.generated.ts', import.meta.url), 'utf8')).toBe(renderEcs());
});
