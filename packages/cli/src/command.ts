// What a command is, and what it works with.
import type { Operations } from '@xiq-siem/admin-api';
import type { Registry } from '@xiq-siem/config';
import type { z } from 'zod';
import type { HelpParts } from './help.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What the application gives the commands. */
export interface Product {
  readonly version: string;
  /** The oldest Node with every security fix that matters here. */
  readonly recommendedNode: string;
  /** Loaded when a configuration is read: the plugins behind it cost start-up time. */
  registry(): Promise<Registry>;
}

/** `reads`: the files of a stopped connector will do. `changes`: it has to run. */
export type Purpose = 'reads' | 'changes';

export interface OpenedOperations {
  /** Of a stopped connector, all but the reading ones reject with `not_running`. */
  readonly operations: Operations;
  /** True where the files of a stopped connector are read. */
  readonly snapshot: boolean;
  readonly dataDirectory: string;
  /** Said first: the configuration is at fault, and which data directory is used all the same. */
  readonly notice?: string | undefined;
  close(): Promise<void>;
}

/** Where a command finds the connector: `--config` and `--data`, or what stands for them. */
export interface OpenOptions {
  readonly config?: string | undefined;
  /** The data directory, whatever the configuration says. */
  readonly data?: string | undefined;
  /** With a configuration at fault, its data directory will do. */
  readonly despiteFaults?: boolean | undefined;
}

export interface Session {
  readonly terminal: Terminal;
  readonly product: Product;
  /** The running connector, or the files of the stopped one. */
  open(options: OpenOptions, purpose: Purpose): Promise<OpenedOperations>;
}

/** What `--json` prints: one object, or one a line. */
export interface JsonForm {
  readonly schema: z.ZodType;
  readonly lines?: true;
  /** Where the schema does not say it all. */
  readonly note?: string;
}

export interface JsonResponse extends JsonForm {
  /** What it prints instead with an option, or for a word of another kind: `--dry-run`. */
  readonly instead?: readonly (JsonForm & { readonly when: string })[];
}

/** `name` is the one in the table of commands. */
export interface Command {
  /** The parts of `--help`; undefined where the command prints its own. */
  help(name: string): HelpParts | undefined;
  readonly json?: JsonResponse | undefined;
  /** Resolves with the exit code; what is foreseen rejects with a ConnectorError. */
  run(name: string, args: readonly string[], session: Session): Promise<number>;
}
