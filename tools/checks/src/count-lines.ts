// Counts the product's lines, a row for each package: `node tools/checks/src/count-lines.ts`.
import { type Project, readProjects } from './workspace.ts';

export interface PackageLines {
  readonly path: string;
  readonly files: number;
  readonly lines: number;
}

export const isTest = (path: string): boolean => /\.test\.ts$|(^|\/)(test-[^/]*\.ts$|(test|fixtures)\/)/.test(path);

/** Apps, packages and plugins, without tests, test helpers, the testkit and generated files. */
export function countLines(projects: readonly Project[]): readonly PackageLines[] {
  return projects
    .filter(({ path }) => !path.startsWith('tools/') && path !== 'packages/testkit')
    .map(({ path, files }) => {
      const product = files.filter((file) => !isTest(file.path) && !file.path.endsWith('.generated.ts'));
      return { path, files: product.length, lines: product.reduce((sum, file) => sum + file.lines, 0) };
    })
    .sort((a, b) => b.lines - a.lines);
}

if (import.meta.main) {
  const rows = countLines(readProjects());
  const total = rows.reduce((sum, { lines }) => sum + lines, 0);
  for (const { path, files, lines } of rows) {
    const share = ((100 * lines) / total).toFixed(1);
    console.log(
      `${path.padEnd(24)}${String(files).padStart(5)} files${String(lines).padStart(8)} lines${share.padStart(6)} %`,
    );
  }
  console.log(
    `${'product'.padEnd(24)}${String(rows.reduce((sum, { files }) => sum + files, 0)).padStart(5)} files${String(total).padStart(8)} lines`,
  );
}
