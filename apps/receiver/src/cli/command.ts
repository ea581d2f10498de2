// What a command is.
import type { ExitCode } from '@xiq-siem/core';

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole of `--help`. */
  readonly help: string;
  run(args: readonly string[]): Promise<ExitCode | number>;
}
