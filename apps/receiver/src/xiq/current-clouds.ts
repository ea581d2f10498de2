// The clouds of the configuration as it is now: one is opened anew where what it is made of changed.
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from '../config/load.ts';
import { type CloudServices, openXiqClouds, type XiqCloud } from './cloud.ts';

/** By the source's name. The same cloud, with its budget and its token, as long as nothing of it changed. */
export type CurrentClouds = () => ReadonlyMap<string, XiqCloud>;

export function currentClouds(configuration: () => Configuration, services: CloudServices): CurrentClouds {
  let taken = configuration();
  let clouds = openXiqClouds(taken, services);
  return () => {
    const now = configuration();
    if (now === taken) return clouds;
    const before = taken;
    const kept = clouds;
    const isAsBefore = (name: string): boolean => isDeepStrictEqual(madeOf(before, name), madeOf(now, name));
    clouds = new Map(
      [...openXiqClouds(now, services)].map(([name, cloud]) => [
        name,
        (isAsBefore(name) ? kept.get(name) : undefined) ?? cloud,
      ]),
    );
    taken = now;
    return clouds;
  };
}

const madeOf = ({ raw, mapping }: Configuration, source: string): unknown => [
  raw.sources[source],
  raw.egress,
  mapping?.version,
];
