// The clouds of the configuration as it is now: one is opened anew where what it is made of changed.
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from '@xiq-siem/config';
import { type CloudServices, openXiqClouds, type XiqCloud } from './cloud.ts';

/** By the source's name. The same cloud, with its budget and its token, as long as nothing of it changed. */
export type CurrentClouds = () => ReadonlyMap<string, XiqCloud>;

/** Throws where those of the first configuration cannot be opened; of a later one that is said, and the others stay. */
export function currentClouds(configuration: () => Configuration, services: CloudServices): CurrentClouds {
  let taken = configuration();
  let clouds = openXiqClouds(taken, services);
  return () => {
    const now = configuration();
    if (now === taken) return clouds;
    const before = taken;
    const kept = clouds;
    taken = now;
    const isAsBefore = (name: string): boolean => isDeepStrictEqual(madeOf(before, name), madeOf(now, name));
    try {
      const opened = [...openXiqClouds(now, services)];
      clouds = new Map(opened.map(([name, cloud]) => [name, (isAsBefore(name) ? kept.get(name) : undefined) ?? cloud]));
    } catch (cause) {
      services.log.error('xiq_api.not_opened', { why: String(cause), mend: 'xiq-siem reload, when that is mended' });
    }
    return clouds;
  };
}

const madeOf = ({ raw, mapping }: Configuration, source: string): unknown => [
  raw.sources[source],
  raw.egress,
  mapping?.version,
];
