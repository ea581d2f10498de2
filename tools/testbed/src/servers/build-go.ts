// Builds one Go program from a module that pins every dependency.
import type { RunProgram } from '../recipe.ts';
import { findGo } from '../toolchain.ts';

const oldestGo = '1.26.5';

export interface GoProgram {
  readonly title: string;
  readonly source: string;
  readonly packageName: string;
  readonly output: string;
}

/** @throws TestbedError where Go is missing or too old, or the build fails. */
export async function buildGo({ title, source, packageName, output }: GoProgram, run: RunProgram): Promise<void> {
  const go = findGo(title, oldestGo, process.env);
  // Modules without a go.sum entry are refused, and no other Go is downloaded.
  await run(go, ['build', '-mod=readonly', '-trimpath', '-o', output, packageName], {
    cwd: source,
    env: { GOTOOLCHAIN: 'local', GOWORK: 'off' },
  });
}
