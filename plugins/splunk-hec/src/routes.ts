// The route of each data set: token, index, sourcetype and source.
import type { DestinationContext, SecretSource } from '@xiq-siem/core';
import type { SplunkHecConfig } from './config.ts';

/** One token. All data sets with the same token share one object. */
export interface TokenSlot {
  readonly secret: SecretSource;
}

export interface Route {
  readonly token: TokenSlot;
  /** Undefined: the default index of the token. */
  readonly index: string | undefined;
  readonly sourcetype: string;
  /** Undefined: by the source of the event. */
  readonly source: string | undefined;
}

/** The events that a rejection concerns: those with the same token, with the same index too, or sourcetype too. */
export type Scope = 'token' | 'index' | 'sourcetype';

export interface Routes {
  readonly tokens: readonly TokenSlot[];
  readonly indexes: readonly (string | undefined)[];
  of(dataset: string): Route;
  /** Whether a rejection of this scope concerns all events of this destination. */
  coversAll(scope: Scope): boolean;
}

export function createRoutes(config: SplunkHecConfig, context: DestinationContext): Routes {
  const byReference = new Map<string, TokenSlot>();
  const slotOf = (reference: SplunkHecConfig['token']): TokenSlot => {
    const key = JSON.stringify(reference);
    const slot = byReference.get(key) ?? { secret: context.secret(reference) };
    byReference.set(key, slot);
    return slot;
  };
  const common = { token: slotOf(config.token), index: config.index, sourcetype: undefined, source: undefined };
  const own = new Map(
    Object.entries(config.datasets).map(([dataset, { token, index = config.index, sourcetype, source }]) => [
      dataset,
      { token: token === undefined ? common.token : slotOf(token), index, sourcetype, source },
    ]),
  );
  const all = [common, ...own.values()];
  const indexes = [...new Set(all.map(({ index }) => index))];

  return {
    tokens: [...byReference.values()],
    indexes,
    of(dataset) {
      const { token, index, sourcetype, source } = own.get(dataset) ?? common;
      return {
        token,
        index,
        sourcetype: sourcetype ?? config.sourcetype ?? `extreme:xiq:${dataset.slice(dataset.lastIndexOf('.') + 1)}`,
        source: source ?? config.source,
      };
    },
    coversAll(scope) {
      if (scope === 'sourcetype') return false;
      return byReference.size === 1 && (scope === 'token' || indexes.length === 1);
    },
  };
}
