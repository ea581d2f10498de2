// Every failure of ours has a code, and every code an exit code. A package or a plugin declares its own codes.

/** Exit codes of the command line, after sysexits(3). */
export const exitCodes = {
  ok: 0,
  /** The command line itself is wrong. */
  usage: 64,
  /** What was named is not there. */
  notFound: 66,
  /** A service that the command needs is not there. */
  unavailable: 69,
  /** A fault of ours. */
  internal: 70,
  /** The disk failed us. */
  io: 74,
  /** Somebody else holds what we need; try again later. */
  temporary: 75,
  /** The other side does not speak as it should. */
  protocol: 76,
  /** The other side does not let us in, or not that far. */
  permission: 77,
  /** The configuration, or the data directory's format, is not one that we take. */
  config: 78,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const codes = {
  usage: exitCodes.usage,
  not_found: exitCodes.notFound,
  busy: exitCodes.temporary,
  config_invalid: exitCodes.config,
  secret_unreadable: exitCodes.config,
  data_format_newer: exitCodes.config,
  data_format_unreadable: exitCodes.config,
  data_directory_locked: exitCodes.temporary,
  data_directory_failed: exitCodes.io,
  not_running: exitCodes.unavailable,
  telemetry_disabled: exitCodes.config,
  listen_failed: exitCodes.unavailable,
  journal_full: exitCodes.temporary,
  journal_failed: exitCodes.io,
  journal_closed: exitCodes.temporary,
  journal_record_too_large: exitCodes.io,
  position_failed: exitCodes.io,
  destination_failed: exitCodes.unavailable,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof codes;

/** A code that a package or a plugin declares for itself, `^[a-z][a-z0-9_]*$`, with the exit code that it leads to. */
export interface DeclaredErrorCode {
  readonly code: string;
  readonly exitCode: ExitCode;
}

/** A failure that we foresaw: `message` says what happened, to what, and what to do; it never holds a secret. */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError';
  readonly code: string;
  /** The exit code of a command that ends with this failure. */
  readonly exitCode: ExitCode;

  constructor(code: ErrorCode | DeclaredErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = typeof code === 'string' ? code : code.code;
    this.exitCode = typeof code === 'string' ? codes[code] : code.exitCode;
  }
}

/** Whether a code is one that needs no declaration. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(codes, code);
}
