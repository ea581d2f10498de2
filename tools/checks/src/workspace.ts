// Reads the projects of the workspace: manifests, files and their imports.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export const root: string = fileURLToPath(new URL('../../../', import.meta.url));

const versions = z.record(z.string(), z.string()).default({});
const manifest = z.object({
  name: z.string(),
  /** The paths under which it may be imported; `.` is the package itself. */
  exports: z
    .union([z.string().transform(() => ['.']), z.record(z.string(), z.string()).transform(Object.keys)])
    .default([]),
  dependencies: versions,
  devDependencies: versions,
  optionalDependencies: versions,
});

export type Manifest = z.output<typeof manifest>;

export interface SourceFile {
  /** Relative to the project. */
  readonly path: string;
  readonly lines: number;
  /** Static and dynamic imports. */
  readonly imports: readonly string[];
}

export interface Project {
  /** Relative to the root: `packages/core`. */
  readonly path: string;
  readonly manifest: Manifest;
  readonly files: readonly SourceFile[];
}

export function readManifest(directory: string): Manifest {
  return manifest.parse(JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8')));
}

export function readProjects(): readonly Project[] {
  return globSync('{apps,packages,plugins,tools}/*/package.json', { cwd: root }).map((file) => {
    const path = dirname(file);
    const files = globSync(`${path}/**/*.ts`, {
      cwd: root,
      exclude: (name) => name === 'node_modules' || name === 'dist',
    });
    return {
      path,
      manifest: readManifest(path),
      files: files.sort().map((name) => readSource(name, path)),
    };
  });
}

function readSource(name: string, project: string): SourceFile {
  const text = readFileSync(join(root, name), 'utf8');
  return { path: name.slice(project.length + 1), lines: text.split('\n').length - 1, imports: importsOf(text) };
}

/** All sources are formatted by biome, so every import has one of these forms. */
export function importsOf(text: string): readonly string[] {
  const forms = [/^(?:import|export)\b[^'"]*?\bfrom '([^']+)'/gms, /^import '([^']+)'/gm, /\bimport\('([^']+)'\)/g];
  return forms.flatMap((form) => [...text.matchAll(form)].map(([, specifier]) => specifier ?? ''));
}
