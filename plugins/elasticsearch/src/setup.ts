// Prepares Elasticsearch for the events: plans and writes templates and pipelines.
import { ConnectorError, type DestinationContext, type DestinationSetup, type SetupChange } from '@xiq-siem/core';
import { messageWithAdvice } from './advice.ts';
import { type ElasticsearchConfig, perNode } from './config.ts';
import { isLeftOut } from './fault-codes.ts';
import { openServer } from './server.ts';
import { RequestFailed } from './server-fault.ts';
import { type SetupPart, setupParts } from './setup-parts.ts';

const timeLimitMs = 60_000;
/** Limit of one request with several nodes: then the next node is tried. */
const nodeTimeoutMs = 20_000;

/**
 * Requires the privilege `manage_index_templates`; also `manage_pipeline` with `ingestPipeline`, and `manage` on data
 * streams that must roll over.
 */
export async function elasticsearchSetup(
  config: ElasticsearchConfig,
  context: DestinationContext,
): Promise<DestinationSetup> {
  const [first = config, ...others] = perNode(config);
  const timeoutMs = others.length > 0 ? nodeTimeoutMs : timeLimitMs;

  /** Closes the connections after the work, so that a command can end. */
  async function withParts<Result>(
    work: (parts: readonly SetupPart[]) => Promise<Result>,
    node = first,
    rest = others,
  ): Promise<Result> {
    const server = await openServer(node, { ...context, timeoutMs });
    try {
      return await work(await setupParts(server, config, context.fields, AbortSignal.timeout(timeLimitMs)));
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      const [next, ...remaining] = rest;
      // The work can be repeated: it starts with a comparison.
      if (next !== undefined && isLeftOut(error.fault.code)) return await withParts(work, next, remaining);
      throw new ConnectorError('destination_failed', messageWithAdvice(error.fault, config));
    } finally {
      server.close();
    }
  }

  return {
    plan: () =>
      withParts(async (parts) => {
        const changes: SetupChange[] = [];
        for (const part of parts) changes.push(await changeOf(part));
        return changes;
      }),
    apply: () =>
      withParts(async (parts) => {
        for (const part of parts) {
          const { kind } = await changeOf(part);
          if (kind !== 'unchanged') await part.write();
        }
      }),
  };
}

async function changeOf({ name, desired, read }: SetupPart): Promise<SetupChange> {
  const current = await read();
  const diff = difference(current, desired);
  const kind = current === undefined ? 'create' : diff.length === 0 ? 'unchanged' : 'update';
  return { kind, name, diff };
}

/**
 * The changes as lines for the operator: `+` added, `-` removed, `~` changed. A list is one value, and so is the
 * definition of a field.
 */
function difference(current: unknown, desired: unknown): readonly string[] {
  const before = leavesOf(current);
  const after = leavesOf(desired);
  const lines: string[] = [];
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const old = before.get(path);
    const next = after.get(path);
    if (old === undefined) lines.push(`+ ${path}: ${next}`);
    else if (next === undefined) lines.push(`- ${path}: ${old}`);
    else if (old !== next) lines.push(`~ ${path}: ${old} -> ${next}`);
  }
  return lines;
}

/** The server adds these to a template. */
const serverFields = /^(?:created|modified)_date/;

/** Values by dotted path, as strings: the server returns all settings as strings. */
function leavesOf(value: unknown, path: readonly string[] = [], leaves = new Map<string, string>()) {
  if (isObject(value) && !isField(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (!serverFields.test(key)) leavesOf(inner, key === 'properties' ? path : [...path, key], leaves);
    }
  } else if (value !== undefined) {
    leaves.set(path.join('.'), typeof value === 'object' ? stableJson(value) : String(value));
  }
  return leaves;
}

/** `{ type: 'keyword', ignore_above: 1024 }` and the like. */
function isField(value: object): boolean {
  return 'type' in value && Object.values(value).every((inner) => typeof inner !== 'object');
}

/** JSON with sorted keys: the server does not keep their order. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
