// What a command writes to, asks and is interrupted by: a terminal, a pipe, or a test.
export interface Terminal {
  /** Width of standard output; undefined in a pipe, where nothing is cut. */
  readonly columns: number | undefined;
  readonly colours: boolean;
  /** True where somebody sits there to answer. */
  readonly canAsk: boolean;
  /** Text and a line end, on standard output. */
  out(text: string): void;
  /** The same on standard error. */
  err(text: string): void;
  /** One line on standard error that the next one, or the next output, replaces; nothing where it is no terminal. */
  progress(line: string): void;
  /** Before a whole screen is painted anew: nothing in a pipe. */
  clear(): void;
  ask(question: string): Promise<boolean>;
  /** Fires at Ctrl-C; a second one ends the process. */
  interrupted(): AbortSignal;
  /** Resolves when the time is over, or at once at Ctrl-C. */
  pause(ms: number): Promise<void>;
  /** Epoch milliseconds. */
  now(): number;
}
