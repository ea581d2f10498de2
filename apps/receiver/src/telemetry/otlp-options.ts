// Where our metrics are sent by OTLP, as it is configured.
import type { Logger } from '@xiq-siem/core';
import type { Configuration } from '../config/load.ts';
import { createAgents } from '../egress.ts';
import { openSecret } from '../secrets.ts';
import type { OtlpOptions } from './otlp-exporter.ts';

/** Undefined where they are not sent. */
export function otlpOptions(
  { telemetry: { otlp }, egress, resolvePath }: Configuration,
  log: Logger,
): OtlpOptions | undefined {
  if (otlp === undefined) return undefined;
  const url = new URL(otlp.url);
  const { proxy, caFile } = egress;
  const agentOf = createAgents({ proxy, caFile: caFile === undefined ? undefined : resolvePath(caFile) });
  const headers = Object.entries(otlp.headers).map(
    ([name, reference]) => [name, openSecret(reference, resolvePath, log)] as const,
  );
  return { url, headers: Object.fromEntries(headers), intervalSeconds: otlp.intervalSeconds, agent: agentOf(url) };
}
