// What the test bed cannot do, said so that the reader knows what to mend.

/** Exit codes after sysexits(3): the command line is wrong; something that the server needs is not there, or it did not start. */
export type TestbedExitCode = 64 | 69;

/** A failure that we foresaw: its message says what happened, to what, and what to do. */
export class TestbedError extends Error {
  override readonly name = 'TestbedError';
  readonly exitCode: TestbedExitCode;

  constructor(message: string, exitCode: TestbedExitCode = 69, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
