// The error codes of the connector, each with its exit code. A package or a plugin declares its own codes.

/** Exit codes of the command line, after sysexits(3). */
export const exitCodes = {
  ok: 0,
  /** The arguments of a command or the input of an admin call are invalid. */
  usage: 64,
  /** The named object does not exist. */
  notFound: 66,
  /** A required service is not available: the connector, a port, a destination. */
  unavailable: 69,
  /** Internal error: a bug in this program. */
  internal: 70,
  /** Reading from or writing to the disk failed. */
  io: 74,
  /** A resource is in use, or a limit is reached: try again later. */
  temporary: 75,
  /** A server returned an invalid or unexpected response. */
  protocol: 76,
  /** A server rejected the credentials, or they lack a permission. */
  permission: 77,
  /** The configuration or the format of the data directory is invalid or not supported. */
  config: 78,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One code for each cause. */
const codes = {
  usage: exitCodes.usage,
  not_found: exitCodes.notFound,
  /** The destination is configured, and the call needs one that is not. */
  destination_configured: exitCodes.usage,
  /** Another process is changing the same object. */
  busy: exitCodes.temporary,
  /** The body of an admin call exceeds its limit. */
  request_too_large: exitCodes.usage,
  too_many_jobs: exitCodes.temporary,
  too_many_streams: exitCodes.temporary,

  config_invalid: exitCodes.config,
  secret_unreadable: exitCodes.config,
  /** The path is not a data directory, or the data directory was not opened by this version yet. */
  data_directory_missing: exitCodes.usage,
  data_format_newer: exitCodes.config,
  data_format_unreadable: exitCodes.config,
  data_directory_locked: exitCodes.temporary,
  data_directory_failed: exitCodes.io,

  /** No connector runs on the data directory. */
  not_running: exitCodes.unavailable,
  /** A connector should run, but its listener does not respond. */
  connector_unreachable: exitCodes.unavailable,
  /** The admin listener returned something other than the admin API's responses. */
  unexpected_response: exitCodes.protocol,
  /** The running connector is of another version than the command. */
  version_mismatch: exitCodes.protocol,
  /** A response of the admin API exceeds its limit. */
  response_too_large: exitCodes.protocol,

  /** OTEL_SDK_DISABLED is set, so there are no metrics. */
  telemetry_disabled: exitCodes.config,
  listen_failed: exitCodes.unavailable,
  journal_full: exitCodes.temporary,
  /** `journal.minFreeBytes` would not stay free, or a write failed for lack of space. */
  disk_full: exitCodes.temporary,
  /** A read-only disk, or too many open files. */
  journal_unwritable: exitCodes.temporary,
  /** The disk is too slow: too many bytes wait. */
  journal_overloaded: exitCodes.temporary,
  journal_failed: exitCodes.io,
  journal_closed: exitCodes.temporary,
  journal_record_too_large: exitCodes.io,
  position_failed: exitCodes.io,
  /** `setup` or `find` of a destination failed. */
  destination_failed: exitCodes.unavailable,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof codes;

/** An error code of a package or a plugin, `^[a-z][a-z0-9_]*$`, and the exit code of a command that ends with it. */
export interface DeclaredErrorCode {
  readonly code: string;
  readonly exitCode: ExitCode;
}

/**
 * An expected failure. `message` says what happened, to what, and what to do. It never contains a secret. Throw any other
 * error only for a bug.
 */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError';
  readonly code: string;
  /** Exit code of a command that ends with this error. */
  readonly exitCode: ExitCode;

  constructor(code: ErrorCode | DeclaredErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = typeof code === 'string' ? code : code.code;
    this.exitCode = typeof code === 'string' ? codes[code] : code.exitCode;
  }
}

/** Whether a code belongs to the table above and needs no declaration. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(codes, code);
}
