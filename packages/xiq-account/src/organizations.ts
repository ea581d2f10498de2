// Knows which account each source belongs to, for documents of events that do not name it. Reads it by REST, and remembers it.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from '@xiq-siem/config';
import { ConnectorError, type Logger } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import { type Documents, documentNames } from '@xiq-siem/state';
import type { XiqApiConfig } from '@xiq-siem/xiq';
import { z } from 'zod';
import type { AccountIdentity } from './rest/account-identity.ts';
import { apiOf, type CurrentAccounts, type XiqAccount } from './xiq-account.ts';

const record = z.object({
  v: z.literal(1),
  source: z.string(),
  /** The hash of the settings with which it was read. */
  settings: z.string(),
  id: z.string(),
  name: z.string().optional(),
});

/** Another server, token or user may be another account. */
const settingsOf = ({ baseUrl, token, username }: XiqApiConfig): string =>
  createHash('sha256')
    .update(JSON.stringify([baseUrl, token, username]))
    .digest('hex');

export type Organizations = Awaited<ReturnType<typeof openOrganizations>>;

/** Loads what is remembered for the sources of this configuration. Call it before the first document is made. */
export async function openOrganizations(documents: Documents, { sources }: Configuration) {
  const known = new Map<string, { readonly settings: string; readonly identity: AccountIdentity }>();
  const configured = new Map(sources.map((source) => [source.name, apiOf(source)]));
  for (const { source, settings, id, name } of await documents.all(documentNames.organization(), record)) {
    const api = configured.get(source);
    if (api !== undefined && settingsOf(api) === settings) known.set(source, { settings, identity: { id, name } });
  }

  /** Undefined if it is not known (yet). From memory: it waits for nothing. */
  function organizationOf(source: string): AccountIdentity | undefined {
    return known.get(source)?.identity;
  }

  /** Resolves when it is on disk, with whether it is new. */
  async function remember({ source, config }: XiqAccount, identity: AccountIdentity): Promise<boolean> {
    const settings = settingsOf(config);
    if (isDeepStrictEqual(known.get(source), { settings, identity })) return false;
    known.set(source, { settings, identity });
    await documents.put(documentNames.organization(source), { v: 1, source, settings, ...identity });
    return true;
  }

  /** Forgets sources without an account and with other settings. */
  function forgetOthers(accounts: ReadonlyMap<string, XiqAccount>): void {
    for (const [source, { settings }] of known) {
      const account = accounts.get(source);
      if (account === undefined || settingsOf(account.config) !== settings) known.delete(source);
    }
  }

  return { organizationOf, remember, forgetOthers };
}

export interface OrganizationWatchParts {
  readonly accounts: CurrentAccounts;
  readonly organizations: Organizations;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A renamed account, or another token in the same file. */
const rereadMs = 86_400_000;
const retryMs = 900_000;

export type OrganizationWatch = ReturnType<typeof startOrganizationWatch>;

/** Reads the account of each source at once, after a change of its settings and once a day; after a failure again and again. */
export function startOrganizationWatch({ accounts, organizations, clock, log }: OrganizationWatchParts) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const dueAtMs = new WeakMap<XiqAccount, number>();
  /** The last logged error, by source. */
  const failures = new Map<string, string>();
  let waking = new AbortController();

  async function readOrganization(account: XiqAccount): Promise<void> {
    const { source, api } = account;
    try {
      const identity = await api.identity(signal);
      dueAtMs.set(account, clock.now() + rereadMs);
      failures.delete(source);
      // A reload has replaced it.
      if (accounts().get(source) !== account) return;
      if (await organizations.remember(account, identity)) log.info('organization.identified', { source, ...identity });
    } catch (cause) {
      if (signal.aborted) return;
      dueAtMs.set(account, clock.now() + retryMs);
      const error = cause instanceof Error ? cause.message : String(cause);
      if (failures.get(source) === error) return;
      failures.set(source, error);
      const code = cause instanceof ConnectorError ? cause.code : 'internal';
      const remediation = 'if the credentials cannot get the permission, set organization of the source';
      log.warn('organization.read_failed', { source, code, error, remediation });
    }
  }

  async function runReads(): Promise<void> {
    while (!signal.aborted) {
      waking = new AbortController();
      organizations.forgetOthers(accounts());
      const due = [...accounts().values()].filter((account) => (dueAtMs.get(account) ?? 0) <= clock.now());
      await Promise.all(due.map(readOrganization));
      await clock.sleep(retryMs, AbortSignal.any([signal, waking.signal]));
    }
  }
  const running = runReads();

  async function stopOrganizationWatch(): Promise<void> {
    stopping.abort();
    await running;
  }

  return {
    /** Call it after a reload. */
    reloaded: () => waking.abort(),
    /** Resolves when no request is running. */
    stop: stopOrganizationWatch,
  };
}
