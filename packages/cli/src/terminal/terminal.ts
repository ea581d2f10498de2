// The input and output of a command: a terminal, a pipe, or a test.
export interface Terminal {
  /** Width of standard output; undefined for a pipe, where nothing is cut. */
  readonly columns: number | undefined;
  /** Lines of the screen; undefined for a pipe, or if unknown. */
  readonly rows: number | undefined;
  readonly colours: boolean;
  /** True if a user can answer a question. */
  readonly interactive: boolean;
  /** Writes a line to standard output. */
  out(text: string): void;
  /** Writes a line to standard error. */
  err(text: string): void;
  /** A line on standard error that the next progress or output replaces; nothing if it is not a terminal. */
  progress(line: string): void;
  /** Clears the screen; nothing in a pipe. */
  clear(): void;
  /** Asks a yes/no question; the default is no. */
  confirm(question: string): Promise<boolean>;
  /** Aborted at Ctrl-C; a second Ctrl-C ends the process. */
  interrupted(): AbortSignal;
  /** Resolves after the time, or at Ctrl-C. */
  pause(ms: number): Promise<void>;
  /** Epoch milliseconds. */
  now(): number;
}
