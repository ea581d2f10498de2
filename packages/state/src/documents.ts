// Small JSON documents by name: what belongs to a job, an account or a rotation, each written whole or not at all.
import type { Logger } from '@xiq-siem/core';
import { z } from 'zod';
import { checksum } from './checksum.ts';
import type { Database, Reading, Statement } from './sqlite/database.ts';

export interface DocumentReading {
  /** Undefined where there is none; one that is damaged or does not fit is logged, and is undefined too. */
  get<Schema extends z.ZodType>(name: string, schema: Schema): Promise<z.output<Schema> | undefined>;
  /** Those whose name begins so, in the order of their names; without those that are damaged or do not fit. */
  all<Schema extends z.ZodType>(prefix: string, schema: Schema): Promise<readonly z.output<Schema>[]>;
}

export interface Documents extends DocumentReading {
  /** Resolves when it is on disk. */
  put(name: string, content: unknown): Promise<void>;
  /** No document of this name is there when it resolves. */
  remove(name: string): Promise<void>;
  /** Of all whose name begins so. */
  removeAll(prefix: string): Promise<void>;
}

/** Of every document that there is; a name that ends with `/` is a prefix. */
export const documentNames = {
  job: (id = '') => `job/${id}`,
  jobPosition: (id: string, destination = '') => `job-position/${id}/${destination}`,
  /** When webhooks were last accepted. */
  alive: 'backfill/alive',
  /** Spans that are to be back-filled. */
  wantedSpans: 'backfill/wanted-spans',
  /** What was last seen of the subscriptions of a source. */
  subscriptions: (source: string) => `subscriptions/${source}`,
  /** Of which data directory the file is: its instance id. */
  directory: 'directory',
  /** A rotation of the secret of a source that is not done. */
  rotation: (source: string) => `rotation/${source}`,
} as const;

const row = z.object({ name: z.string(), json: z.string(), crc: z.int() });

/** Whether a row of the table is as it was written. */
export function isIntactDocument(value: unknown): boolean {
  const found = row.safeParse(value);
  return found.success && checksum(found.data.name, found.data.json) === found.data.crc;
}

export function documentReading(database: Reading, log: Logger): DocumentReading {
  function parse<Schema extends z.ZodType>(value: unknown, schema: Schema): readonly z.output<Schema>[] {
    const { name, json } = row.parse(value);
    try {
      if (!isIntactDocument(value)) throw new Error('its checksum is wrong');
      return [schema.parse(JSON.parse(json))];
    } catch (cause) {
      log.error('state.document_unreadable', {
        document: name,
        why: cause instanceof Error ? cause.message : String(cause),
      });
      return [];
    }
  }
  const columns = 'SELECT name, json, crc FROM documents WHERE';
  return {
    async get(name, schema) {
      const rows = await database.read(`${columns} name = ?`, [name]);
      return rows.flatMap((one) => parse(one, schema))[0];
    },
    async all(prefix, schema) {
      const rows = await database.read(`${columns} name >= ? AND name < ? ORDER BY name`, [prefix, endOf(prefix)]);
      return rows.flatMap((one) => parse(one, schema));
    },
  };
}

export function openDocuments(database: Database, log: Logger): Documents {
  return {
    ...documentReading(database, log),
    put: async (name, content) => void (await database.write([putDocument(name, content)])),
    async remove(name) {
      await database.write([{ sql: 'DELETE FROM documents WHERE name = ?', parameters: [name] }]);
    },
    async removeAll(prefix) {
      const sql = 'DELETE FROM documents WHERE name >= ? AND name < ?';
      await database.write([{ sql, parameters: [prefix, endOf(prefix)] }]);
    },
  };
}

export function putDocument(name: string, content: unknown): Statement {
  const json = JSON.stringify(content);
  return {
    sql: 'INSERT OR REPLACE INTO documents (name, json, crc) VALUES (?, ?, ?)',
    parameters: [name, json, checksum(name, json)],
  };
}

/** What every name with the prefix is below. */
const endOf = (prefix: string): string => `${prefix}\u{10ffff}`;
