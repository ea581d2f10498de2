// A database as the stores of this package see it, whether it is open in a worker thread or, by reading alone, in this one.

export type SqlValue = string | number | bigint | null | Uint8Array;

export interface Statement {
  readonly sql: string;
  readonly parameters?: readonly SqlValue[];
}

/** A column of each name that the statement gives. */
export type Row = Readonly<Record<string, SqlValue>>;

export interface Reading {
  /** Of what was written before. */
  read(sql: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]>;
}

export interface Database extends Reading {
  /**
   * All of them or, where one fails, none. Resolves when they are synced, with the rows that each returns. What several
   * ask for at once shares a sync.
   * @throws ConnectorError state_full (the disk takes nothing now), state_failed (nothing is taken until a restart).
   */
  write(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]>;
}
