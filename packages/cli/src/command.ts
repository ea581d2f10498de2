// What a command is, and what it works with.

import type { Registry } from '@xiq-siem/config';
import type { z } from 'zod';
import type { CommandOptions } from './arguments.ts';
import type { OpenedOperations, Purpose } from './open-operations.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What the application gives the commands. */
export interface Product {
  readonly version: string;
  /** The oldest Node with every security fix that matters here. */
  readonly recommendedNode: string;
  /** Loaded when a configuration is read: the plugins behind it cost start-up time. */
  registry(): Promise<Registry>;
}

export interface Session {
  readonly terminal: Terminal;
  readonly product: Product;
  /** The running connector, or the files of the stopped one. */
  open(configFile: string | undefined, purpose: Purpose): Promise<OpenedOperations>;
}

/** What `--json` prints: one object, or one a line. */
export interface JsonForm {
  readonly schema: z.ZodType;
  readonly lines?: true;
  /** Where the schema does not say it all. */
  readonly note?: string;
}

export interface JsonAnswer extends JsonForm {
  /** What it prints instead with an option, or for a word of another kind: `--dry-run`. */
  readonly instead?: readonly (JsonForm & { readonly when: string })[];
}

export interface Command {
  /** The whole of `--help`. */
  readonly help: string;
  readonly json?: JsonAnswer;
  /** Resolves with the exit code; what is foreseen rejects with a ConnectorError. */
  run(args: readonly string[], session: Session): Promise<number>;
}

const config = {
  type: 'string',
  short: 'c',
  value: 'FILE',
  help: 'the configuration (default: $XIQ_SIEM_CONFIG, else the built-in defaults)',
} as const;
export const helpOption = {
  help: { type: 'boolean', short: 'h', help: 'this text' },
} as const satisfies CommandOptions;
export const configOption = { config, ...helpOption } as const satisfies CommandOptions;
export const jsonOption = {
  json: { type: 'boolean', help: 'for scripts: as docs/reference/commands.md has it' },
} as const satisfies CommandOptions;

/** What every command on the admin API takes. */
export const commonOptions = { ...jsonOption, ...configOption } as const satisfies CommandOptions;
