// Every route of the admin API, and what a connector answers it with: the one table that all others are made from.
import type { z } from 'zod';
import type { Route } from './route.ts';
import { completenessRoutes } from './routes/completeness.ts';
import { connectorRoutes } from './routes/connector.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { eventRoutes } from './routes/events.ts';
import { jobRoutes } from './routes/jobs.ts';
import { statusRoutes } from './routes/status.ts';
import { traceRoutes } from './routes/trace.ts';

export const routes = {
  ...statusRoutes,
  ...traceRoutes,
  ...deadLetterRoutes,
  ...jobRoutes,
  ...completenessRoutes,
  ...eventRoutes,
  ...connectorRoutes,
} satisfies Readonly<Record<string, Route>>;

type Routes = typeof routes;
export type RouteName = keyof Routes;
type NamesWith<Part> = { [Name in RouteName]: Routes[Name] extends Part ? Name : never }[RouteName];
export type StreamName = NamesWith<{ kind: 'stream' }>;
export type ResponseName = Exclude<RouteName, StreamName>;

export type InputOf<Name extends RouteName> = z.output<Routes[Name]['input']>;
export type ResponseOf<Name extends RouteName> = z.output<Routes[Name]['response']>;

/** `signal` fires when nobody waits any more. */
type ResponseOperation<Name extends ResponseName> = (
  input: InputOf<Name>,
  signal: AbortSignal,
) => Promise<ResponseOf<Name>>;
type StreamOperation<Name extends StreamName> = (
  input: InputOf<Name>,
  signal: AbortSignal,
) => AsyncIterable<ResponseOf<Name>>;
type ResponseOperations = { readonly [Name in ResponseName]: ResponseOperation<Name> };
type StreamOperations = { readonly [Name in StreamName]: StreamOperation<Name> };

/** What a connector can be asked: implemented by the running one, by its client, and in part by its files. */
export type Operations = ResponseOperations & StreamOperations;
/** What can be asked of the files of a stopped connector. */
export type SnapshotOperations = Pick<Operations, NamesWith<{ snapshot: true }>>;

export const routeNames = Object.keys(routes).filter((name): name is RouteName => Object.hasOwn(routes, name));
export const isStream = (name: RouteName): name is StreamName => routes[name].kind === 'stream';

const typed: { readonly [Name in RouteName]: Route<InputOf<Name>, ResponseOf<Name>> } = routes;
/** For what loops over the table: the schemas of a route parse what its operation takes and gives. */
export const routeOf = <Name extends RouteName>(name: Name): Route<InputOf<Name>, ResponseOf<Name>> => typed[name];

/** The operation of a route that is known by its name alone. */
export const responseOf = <Name extends ResponseName>(from: ResponseOperations, name: Name): ResponseOperation<Name> =>
  from[name];
export const streamOf = <Name extends StreamName>(from: StreamOperations, name: Name): StreamOperation<Name> =>
  from[name];

/** Operations made in a loop over the table: each by the name of its route. */
export function operationsBy(
  response: <Name extends ResponseName>(name: Name) => ResponseOperation<Name>,
  stream: <Name extends StreamName>(name: Name) => StreamOperation<Name>,
): Operations {
  const made = Object.fromEntries(routeNames.map((name) => [name, isStream(name) ? stream(name) : response(name)]));
  if (!isWhole(made)) throw new Error('a route has no operation');
  return made;
}

const isWhole = (made: object): made is Operations => routeNames.every((name) => Object.hasOwn(made, name));

/** Every operation rejects as `refuse` does. */
export const refusingOperations = (refuse: () => Promise<never>): Operations =>
  operationsBy(
    () => refuse,
    () => () => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) }),
  );
