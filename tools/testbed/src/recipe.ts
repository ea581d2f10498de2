// The interface of a server: how it is built and how it is started.

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface Credentials {
  /** Has all privileges. */
  readonly admin: Login;
  /** May only create documents in `logs-*`. */
  readonly writer: Login;
}

/** One start: the built server, a temporary folder for it, and its loopback port. */
export interface Place {
  readonly tree: string;
  readonly home: string;
  readonly port: number;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The server gets these variables and PATH only. */
  readonly env: Readonly<Record<string, string>>;
  /** The user to run as; default: the current one. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly url: string;
  /** Polled after the start; the server is ready when it returns `status`. */
  readonly ready: { readonly path: string; readonly status: number };
  readonly dataDirectory: string;
  readonly credentials?: Credentials;
  /** PEM file of the authority that the server's certificate is to be verified with. */
  readonly caFile?: string;
  /** The file to which the collector writes received data. */
  readonly outputFile?: string;
}

/** Runs a program to its end. @throws TestbedError with the end of its output. */
export type RunProgram = (
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
) => Promise<void>;

export interface Recipe<Options> {
  readonly title: string;
  readonly version: string;
  /** Large: built and tested only by name or with --full. */
  readonly byHand: boolean;
  /** Files and folders that determine the build: when one changes, the server is built again. */
  readonly sources: readonly string[];
  /** Fills the empty folder `into`. @throws TestbedError naming a tool that is missing. */
  build(into: string, run: RunProgram): Promise<void>;
  /** Writes the configuration of one start into its home. */
  launch(place: Place, options: Options): Promise<Launch>;
}
