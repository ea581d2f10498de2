// Stores small JSON documents by name, such as those of jobs, accounts and secret rotations. Writes are atomic.
import type { Logger } from '@xiq-siem/core';
import { z } from 'zod';
import { checksum } from './checksum.ts';
import type { Database, Reading, Statement } from './sqlite/database.ts';

export interface DocumentReading {
  /** Undefined if there is none. A damaged or invalid document is logged, and is undefined too. */
  get<Schema extends z.ZodType>(name: string, schema: Schema): Promise<z.output<Schema> | undefined>;
  /** Documents whose name has the prefix, ordered by name, without damaged and invalid ones. */
  all<Schema extends z.ZodType>(prefix: string, schema: Schema): Promise<readonly z.output<Schema>[]>;
}

export interface Documents extends DocumentReading {
  /** Resolves when it is on disk. */
  put(name: string, content: unknown): Promise<void>;
  /** Resolves when no document has this name. */
  remove(name: string): Promise<void>;
  /** Removes all whose name has the prefix. */
  removeAll(prefix: string): Promise<void>;
}

/** The names of all documents. A name that ends with `/` is a prefix. */
export const documentNames = {
  job: (id = '') => `job/${id}`,
  jobPosition: (id: string, destination = '') => `job-position/${id}/${destination}`,
  /** When webhooks were last accepted. */
  alive: 'backfill/alive',
  /** Spans to be back-filled. */
  pendingSpans: 'backfill/wanted-spans',
  /** The last check of the subscriptions of a source. */
  subscriptions: (source: string) => `subscriptions/${source}`,
  /** The account at ExtremeCloud IQ of a source. */
  organization: (source = '') => `organization/${source}`,
  /** Instance id of the data directory of the file. */
  directory: 'directory',
  /** The settings under which a destination has taken an event. */
  provenSettings: (destination: string) => `proven-settings/${destination}`,
  /** An unfinished rotation of the secret of a source. */
  rotation: (source: string) => `rotation/${source}`,
} as const;

const row = z.object({ name: z.string(), json: z.string(), crc: z.int() });

/** Whether the checksum of a row is correct. */
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
        error: cause instanceof Error ? cause.message : String(cause),
      });
      return [];
    }
  }
  const columns = 'SELECT name, json, crc FROM documents WHERE';

  async function getDocument<Schema extends z.ZodType>(name: string, schema: Schema) {
    const rows = await database.read(`${columns} name = ?`, [name]);
    return rows.flatMap((one) => parse(one, schema))[0];
  }

  async function getDocuments<Schema extends z.ZodType>(prefix: string, schema: Schema) {
    const rows = await database.read(`${columns} name >= ? AND name < ? ORDER BY name`, [prefix, endOf(prefix)]);
    return rows.flatMap((one) => parse(one, schema));
  }
  return { get: getDocument, all: getDocuments };
}

export function openDocuments(database: Database, log: Logger): Documents {
  async function removeDocument(name: string): Promise<void> {
    await database.write([{ sql: 'DELETE FROM documents WHERE name = ?', parameters: [name] }]);
  }

  async function removeDocuments(prefix: string): Promise<void> {
    const sql = 'DELETE FROM documents WHERE name >= ? AND name < ?';
    await database.write([{ sql, parameters: [prefix, endOf(prefix)] }]);
  }
  return {
    ...documentReading(database, log),
    put: async (name, content) => void (await database.write([putDocument(name, content)])),
    remove: removeDocument,
    removeAll: removeDocuments,
  };
}

export function putDocument(name: string, content: unknown): Statement {
  const json = JSON.stringify(content);
  return {
    sql: 'INSERT OR REPLACE INTO documents (name, json, crc) VALUES (?, ?, ?)',
    parameters: [name, json, checksum(name, json)],
  };
}

/** Every name with the prefix is less than this. */
const endOf = (prefix: string): string => `${prefix}\u{10ffff}`;
