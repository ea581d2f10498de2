// A hash of the settings that decide whether a destination takes events: its type, its own keys, and how it is reached.
import { createHash } from 'node:crypto';
import { secretReference } from '@xiq-siem/core';

export interface DeliverySettings {
  readonly type: string;
  /** The plugin's own keys, after their check. */
  readonly own: unknown;
  readonly egress: {
    readonly proxy?: string | undefined;
    readonly noProxy?: unknown;
    readonly caFile?: string | undefined;
  };
}

/** Secrets are left out, and the credentials of the proxy: a rotated secret is no change. So is the order of keys. */
export function settingsHash({ type, own, egress }: DeliverySettings): string {
  const proxy = egress.proxy?.replace(/^([a-z]+:\/\/)?[^@/]*@/i, '$1');
  const settings = { type, own, egress: { ...egress, proxy } };
  return createHash('sha256').update(JSON.stringify(settings, withoutSecrets)).digest('hex');
}

function withoutSecrets(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (secretReference.safeParse(value).success) return undefined;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
