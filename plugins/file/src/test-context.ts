// For tests: a context that records log lines and counts, a manual clock, and batches.
import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Batch, DestinationContext, LogAttributes } from '@xiq-siem/core';
import { ecsDocument } from '@xiq-siem/core';
import { type FileConfig, fileConfig } from './config.ts';

export const noSignal = new AbortController().signal;
export const firstDay = Date.parse('2026-03-01T12:00:00Z');
export const dayMs = 86_400_000;

/** A new directory. `atEnd`, vitest's onTestFinished, removes it. */
export async function temporaryDirectory(atEnd: (clean: () => Promise<void>) => void): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-file-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** The configuration with its defaults; `changes` may be smaller than the schema allows. */
export function configOf(directory: string, changes: Partial<FileConfig> = {}): FileConfig {
  return { ...fileConfig.parse({ directory }), minFreeBytes: 0, ...changes };
}

export function testContext(name = 'archive') {
  const counted: Record<string, number> = {};
  const logged: { event: string; attributes: LogAttributes | undefined }[] = [];
  const write = (event: string, attributes?: LogAttributes) => void logged.push({ event, attributes });
  const clock = { nowMs: firstDay, mayDelete: true };
  const context: DestinationContext<string> = {
    name,
    log: { debug: write, info: write, warn: write, error: write },
    meter: {
      add(metric, value, attributes) {
        const key = `${metric} ${attributes?.['reason'] ?? ''}`.trim();
        counted[key] = (counted[key] ?? 0) + value;
      },
    },
    now: () => clock.nowMs,
    timeoutMs: 60_000,
    mayDeleteByAge: () => clock.mayDelete,
    resolvePath: (path) => resolve(path),
    secret: () => ({ current: () => [] }),
    fields: [],
    agent() {
      throw new Error('the file destination opens no connection');
    },
  };
  return { context, counted, logged, clock };
}

/** A batch of events with these ids; each line is at least `lineBytes` long. */
export function batchOf(ids: readonly string[], lineBytes = 0): Batch {
  return {
    items: ids.map((id, index) => {
      const document = ecsDocument({ 'event.id': id, message: 'x\u2028y\nz'.padEnd(lineBytes, '.') });
      return { index, id, dataset: 'extreme_xiq.audit', timeMs: 0, document, json: JSON.stringify(document) };
    }),
  };
}

/** Names of the files of a directory, sorted. */
export async function filesIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).sort();
}

/**
 * The ids on all lines of all files, in the order of the names. Throws if a line is not JSON. `byNumber`: in the order of the
 * numbers in the names. `filesOnly`: ignores what is not a regular file.
 */
export async function idsIn(directory: string, only?: 'byNumber' | 'filesOnly'): Promise<string[]> {
  const ids: string[] = [];
  const numberOf = (name: string): number => Number(/-(\d{6})\.ndjson/.exec(name)?.[1] ?? 0);
  const names = await filesIn(directory);
  if (only === 'byNumber') names.sort((a, b) => numberOf(a) - numberOf(b));
  for (const name of names) {
    if (only === 'filesOnly' && !(await lstat(join(directory, name))).isFile()) continue;
    const text = await readFile(join(directory, name), 'utf8');
    for (const line of text.split('\n').slice(0, -1)) ids.push(idOf(JSON.parse(line)));
  }
  return ids;
}

function idOf(document: { readonly event: { readonly id: string } }): string {
  return document.event.id;
}
