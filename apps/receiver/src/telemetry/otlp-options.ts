// Where our metrics are sent by OTLP, as it is configured.

import type { Configuration } from '@xiq-siem/config';
import { createAgents, openSecret } from '@xiq-siem/config';
import type { Logger } from '@xiq-siem/core';
import type { OtlpOptions } from './otlp-exporter.ts';

/** Undefined where they are not sent. */
export function otlpOptions(configuration: Configuration, log: Logger): OtlpOptions | undefined {
  const { otlp } = configuration.telemetry;
  if (otlp === undefined) return undefined;
  const url = new URL(otlp.url);
  const agentOf = createAgents(configuration);
  const headers = Object.entries(otlp.headers).map(
    ([name, reference]) => [name, openSecret(reference, configuration, log)] as const,
  );
  return { url, headers: Object.fromEntries(headers), intervalSeconds: otlp.intervalSeconds, agent: agentOf(url) };
}
