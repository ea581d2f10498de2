// For integration tests: starts and stops real servers.
export type { Credentials, Login } from './recipe.ts';
export type { ServerName, ServerOptions } from './servers.ts';
export { serverNames, startServer } from './servers.ts';
export type { RunningServer, StartOptions } from './start-server.ts';
export { TestbedError } from './testbed-error.ts';
