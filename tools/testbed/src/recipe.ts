// What the test bed must know of a server: how it is built, and how it is started.

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface Credentials {
  /** May do everything. */
  readonly admin: Login;
  /** May create documents in `logs-*`, and nothing else. */
  readonly writer: Login;
}

/** One start: a built server, a new folder of its own that is removed afterwards, and the loopback port to listen on. */
export interface Place {
  readonly tree: string;
  readonly home: string;
  readonly port: number;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Nothing else of our own environment but PATH reaches the server. */
  readonly env: Readonly<Record<string, string>>;
  /** The user to run as, where it is not ours. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly url: string;
  /** Asked again and again after the start; the server is ready as soon as it answers with `status`. */
  readonly ready: { readonly path: string; readonly status: number };
  readonly dataDirectory: string;
  readonly credentials?: Credentials;
  /** PEM file of the authority that the server's certificate is to be verified with. */
  readonly caFile?: string;
  /** Where the collector writes what it was sent. */
  readonly outputFile?: string;
}

/** Runs a program to its end. @throws TestbedError with the end of what it printed. */
export type RunProgram = (
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
) => Promise<void>;

export interface Recipe<Options> {
  readonly title: string;
  readonly version: string;
  /** Built and tested only when asked for by name or by --full. */
  readonly byHand: boolean;
  /** Files and folders that decide what is built: when one changes, the server is built anew. */
  readonly sources: readonly string[];
  /** Fills the empty folder `into`. @throws TestbedError naming a tool that is missing. */
  build(into: string, run: RunProgram): Promise<void>;
  /** Writes the configuration of one start into its home. */
  launch(place: Place, options: Options): Promise<Launch>;
}
