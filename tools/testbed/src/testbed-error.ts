// The error of the testbed: its message says what to fix.

/** Exit codes after sysexits(3). 64: the command line is wrong; 69: a tool is missing, or a server did not start. */
export type TestbedExitCode = 64 | 69;

/** An expected failure: its message says what happened, to what, and what to do. */
export class TestbedError extends Error {
  override readonly name = 'TestbedError';
  readonly exitCode: TestbedExitCode;

  constructor(message: string, exitCode: TestbedExitCode = 69, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
