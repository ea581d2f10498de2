// The table of all routes of the admin API, and the types of their operations.
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

/** `signal` is aborted when the client disconnects. */
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

/** The operations of a connector. The running connector and the client implement all of them. */
export type Operations = ResponseOperations & StreamOperations;
/** The operations that the files of a stopped connector can answer. */
export type SnapshotOperations = Pick<Operations, NamesWith<{ snapshot: true }>>;

export const routeNames = Object.keys(routes).filter((name): name is RouteName => Object.hasOwn(routes, name));
export const isStream = (name: RouteName): name is StreamName => routes[name].kind === 'stream';

const typed: { readonly [Name in RouteName]: Route<InputOf<Name>, ResponseOf<Name>> } = routes;
/** A route by name, with the types of its input and its response. */
export const routeOf = <Name extends RouteName>(name: Name): Route<InputOf<Name>, ResponseOf<Name>> => typed[name];

/** The operation of a route, by name. */
export const responseOf = <Name extends ResponseName>(from: ResponseOperations, name: Name): ResponseOperation<Name> =>
  from[name];
export const streamOf = <Name extends StreamName>(from: StreamOperations, name: Name): StreamOperation<Name> =>
  from[name];

/** Builds the operations in a loop over the table of routes. */
export function operationsBy(
  response: <Name extends ResponseName>(name: Name) => ResponseOperation<Name>,
  stream: <Name extends StreamName>(name: Name) => StreamOperation<Name>,
): Operations {
  const operations = Object.fromEntries(
    routeNames.map((name) => [name, isStream(name) ? stream(name) : response(name)]),
  );
  if (!isComplete(operations)) throw new Error('a route has no operation');
  return operations;
}

const isComplete = (operations: object): operations is Operations =>
  routeNames.every((name) => Object.hasOwn(operations, name));

/** Operations that all reject with the error of `reject`. */
export const refusingOperations = (reject: () => Promise<never>): Operations =>
  operationsBy(
    () => reject,
    () => () => ({ [Symbol.asyncIterator]: () => ({ next: reject }) }),
  );
