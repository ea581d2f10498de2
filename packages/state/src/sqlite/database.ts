// The database interface of the stores of this package: in a worker thread, or read-only in the calling thread.

export type SqlValue = string | number | bigint | null | Uint8Array;

export interface Statement {
  readonly sql: string;
  readonly parameters?: readonly SqlValue[];
}

/** Values by column name. */
export type Row = Readonly<Record<string, SqlValue>>;

export interface Reading {
  /** Includes all earlier writes. */
  read(sql: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]>;
}

export interface Database extends Reading {
  /**
   * Runs the statements in one transaction. Resolves when they are synced, with the rows of each. Concurrent calls share a
   * sync.
   * @throws ConnectorError state_full (the disk is full), state_failed (all requests are rejected until a restart).
   */
  write(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]>;
}
