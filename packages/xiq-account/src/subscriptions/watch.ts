// Watches the subscriptions and the public URL of every source that has some configured, and follows a reload.
import type { SourceState } from '@xiq-siem/admin-api';
import type { Logger, Secret } from '@xiq-siem/core';
import type { XiqCloud } from '../cloud.ts';
import type { CurrentClouds } from '../current-clouds.ts';
import type { ApiClock } from '../rest/api-clock.ts';
import type { PublicUrlFinding } from './public-url/findings.ts';
import { seenFile } from './seen-file.ts';
import { type FoundGap, type SourceWatch, type SubscriptionMeter, watchSource } from './watch-source.ts';

export interface SubscriptionsWatchParts {
  readonly clouds: CurrentClouds;
  /** Those that a source accepts now, in order; none of a source that is not there. */
  secrets(source: string): readonly Secret[];
  /** Whether a rotation of the source's managed secret was begun and is not done. */
  rotating(source: string): boolean;
  lookAtUrl(url: string, signal: AbortSignal): Promise<readonly PublicUrlFinding[]>;
  gapFound(gap: FoundGap): Promise<void>;
  /** The data directory's room for jobs: what was seen is kept there. */
  readonly directory: string;
  readonly clock: ApiClock;
  readonly log: Logger;
  readonly meter: SubscriptionMeter;
}

export interface SubscriptionsWatch {
  /** To be told when the configuration was read again: it looks right after that. */
  reloaded(): void;
  /** Looks at all, or at one of these sources, now; resolves with their names when that is done. */
  look(source?: string): Promise<readonly string[]>;
  /** Undefined where the source has no API. */
  state(source: string): SourceState['api'];
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

interface Watched {
  readonly cloud: XiqCloud;
  /** Undefined where there is an API, and no subscriptions are configured. */
  readonly watch: SourceWatch | undefined;
}

export function startSubscriptionsWatch(parts: SubscriptionsWatchParts): SubscriptionsWatch {
  const { clouds, directory, clock, log, meter, lookAtUrl, gapFound } = parts;
  const watched = new Map<string, Watched>();
  /** What was watched before a reload ends in its own time, but never beside its successor. */
  const ending = new Map<string, Promise<void>>();
  let stopped = false;

  function open(source: string, cloud: XiqCloud): void {
    const { subscriptions } = cloud;
    const watch =
      subscriptions &&
      watchSource({
        ...{ cloud, subscriptions, lookAtUrl, gapFound, clock, log, meter },
        memory: seenFile(directory, source, log),
        secrets: () => parts.secrets(source),
        rotating: () => parts.rotating(source),
      });
    watched.set(source, { cloud, watch });
  }

  function follow(): void {
    const now = clouds();
    for (const [source, { cloud, watch }] of watched) {
      if (now.get(source) === cloud) continue;
      watched.delete(source);
      if (watch === undefined) continue;
      const ended = watch.stop().finally(() => {
        ending.delete(source);
        if (!stopped) follow();
      });
      ending.set(source, ended);
    }
    for (const [source, cloud] of now) if (!watched.has(source) && !ending.has(source)) open(source, cloud);
  }
  follow();

  return {
    reloaded() {
      if (stopped) return;
      const before = [...watched.values()];
      follow();
      // What is new looks by itself.
      for (const { cloud, watch } of before) if (watched.get(cloud.source)?.watch === watch) void watch?.look();
    },
    async look(source) {
      const meant = [...watched].filter(([name, { watch }]) => watch && (source === undefined || name === source));
      await Promise.all(meant.map(([, { watch }]) => watch?.look()));
      return meant.map(([name]) => name);
    },
    state(source) {
      const one = watched.get(source);
      if (one === undefined) return undefined;
      if (one.watch !== undefined) return one.watch.state();
      const { perHour, remaining } = one.cloud.api.budget();
      return { subscriptions: [], publicUrl: [], requestsPerHour: perHour, requestsRemaining: remaining };
    },
    async stop() {
      stopped = true;
      await Promise.all([...ending.values(), ...[...watched.values()].map(({ watch }) => watch?.stop())]);
      const signal = AbortSignal.timeout(logoutMs);
      await Promise.all([...watched.values()].map(({ cloud }) => cloud.api.logout(signal).catch(() => undefined)));
    },
  };
}

/** That a token lives on is no harm: nobody waits longer to give it back. */
const logoutMs = 2_000;
