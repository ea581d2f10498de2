// The types of a command, of what it gets, and of what it prints.
import type { Operations } from '@xiq-siem/admin-api';
import type { Registry } from '@xiq-siem/config';
import type { z } from 'zod';
import type { HelpParts } from './help.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What the application passes to the commands. */
export interface Product {
  readonly version: string;
  /** The oldest Node that has every relevant security fix. */
  readonly recommendedNode: string;
  /** Loaded only when a configuration is read: the plugins cost start-up time. */
  registry(): Promise<Registry>;
}

/** `reads`: the files of a stopped connector are enough. `changes`: the connector must run. */
export type Purpose = 'reads' | 'changes';

export interface OpenedOperations {
  /** For a stopped connector, operations that its files cannot answer reject with `not_running`. */
  readonly operations: Operations;
  /** True if the operations read the files of a stopped connector. */
  readonly snapshot: boolean;
  readonly dataDirectory: string;
  /** Printed first: the configuration is invalid, and the data directory that is used. */
  readonly notice?: string | undefined;
  close(): Promise<void>;
}

/** How a command finds the connector: `--config` and `--data`, or their defaults. */
export interface OpenOptions {
  readonly config?: string | undefined;
  /** The data directory; overrides the configuration. */
  readonly data?: string | undefined;
  /** With an invalid configuration, the data directory of a stopped connector is enough. */
  readonly allowInvalidConfiguration?: boolean | undefined;
}

export interface Session {
  readonly terminal: Terminal;
  readonly product: Product;
  /** Opens the running connector, or the files of the stopped one. */
  open(options: OpenOptions, purpose: Purpose): Promise<OpenedOperations>;
}

/** What `--json` prints: one object, or one object per line. */
export interface JsonForm {
  readonly schema: z.ZodType;
  readonly lines?: true;
  /** What the schema does not say. */
  readonly note?: string;
}

export interface JsonResponse extends JsonForm {
  /** What it prints with a certain option (`--dry-run`) or argument. */
  readonly instead?: readonly (JsonForm & { readonly when: string })[];
}

/** `name` is the name in the table of commands. */
export interface Command {
  /** The parts of `--help`; undefined if the command prints its own help. */
  help(name: string): HelpParts | undefined;
  readonly json?: JsonResponse | undefined;
  /** Resolves with the exit code; an expected failure rejects with a ConnectorError. */
  run(name: string, args: readonly string[], session: Session): Promise<number>;
}
