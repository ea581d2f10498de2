// The version of the connector, from its package.json.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const manifest = z.object({ version: z.string() });

export const version: string = manifest.parse(
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')),
).version;

/** Oldest recommended version. Older ones decode brotli unsafely (CVE-2026-111497); the connector does not use brotli. */
export const recommendedNode = '24.22.1';
