// Our version, from the package that is running.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const manifest = z.object({ version: z.string() });

export const version: string = manifest.parse(
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')),
).version;

/** The documented floor: older ones decode brotli unsafely (CVE-2026-111497), which is why we never use it. */
export const recommendedNode = '24.22.1';
