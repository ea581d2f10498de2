// The tables of the state file. Triggers update the counts of dead letters in the same transaction, so that they are exact.

/** Version of the tables. The version of the data directory is in its file `format`. */
export const schemaVersion = 1;

/**
 * Bytes of an open entry in addition to its document and message: two rows and its part of the indexes. Measured by
 * `tools/bench` with 250,000 entries of 1.9 kB.
 */
export const entryOverheadBytes = 400;

/**
 * `dead_letters` has the fields of an entry without its document. The `crc` of a document covers the whole entry.
 * `resolved` has the entries that are no longer open.
 */
export const schema = `
CREATE TABLE dead_letters (
  number INTEGER PRIMARY KEY, destination TEXT NOT NULL, sequence INTEGER NOT NULL, element INTEGER NOT NULL,
  event_id TEXT NOT NULL, dataset TEXT NOT NULL, code TEXT NOT NULL, message TEXT, attempts INTEGER NOT NULL,
  first_attempt_ms REAL NOT NULL, last_attempt_ms REAL NOT NULL, receipt TEXT NOT NULL,
  from_job INTEGER NOT NULL, bytes INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX dead_letters_by_event ON dead_letters (sequence, element, destination);
CREATE INDEX dead_letters_by_group ON dead_letters (destination, code, dataset, last_attempt_ms);
CREATE TABLE dead_letter_documents (
  number INTEGER PRIMARY KEY REFERENCES dead_letters ON UPDATE CASCADE ON DELETE CASCADE,
  document TEXT NOT NULL, crc INTEGER NOT NULL
) STRICT;
CREATE TABLE dead_letter_groups (
  destination TEXT NOT NULL, code TEXT NOT NULL, dataset TEXT NOT NULL, open INTEGER NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (destination, code, dataset)
) STRICT, WITHOUT ROWID;
CREATE TABLE dead_letter_totals (
  destination TEXT PRIMARY KEY, delivered INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0,
  from_jobs INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE dead_letter_numbers (last INTEGER NOT NULL) STRICT;
INSERT INTO dead_letter_numbers VALUES (0);
CREATE TABLE resolved (
  id INTEGER PRIMARY KEY, number INTEGER NOT NULL, destination TEXT NOT NULL, code TEXT NOT NULL,
  sequence INTEGER NOT NULL, element INTEGER NOT NULL, last_attempt_ms REAL NOT NULL,
  how TEXT NOT NULL CHECK (how IN ('delivered', 'dropped')), at_ms REAL NOT NULL, resolved_by TEXT NOT NULL
) STRICT;
CREATE INDEX resolved_by_event ON resolved (sequence, element);

CREATE TRIGGER dead_letter_added AFTER INSERT ON dead_letters BEGIN
  INSERT INTO dead_letter_groups VALUES (NEW.destination, NEW.code, NEW.dataset, 1, NEW.bytes)
    ON CONFLICT DO UPDATE SET open = open + 1, bytes = bytes + excluded.bytes;
  INSERT INTO dead_letter_totals (destination, from_jobs) VALUES (NEW.destination, NEW.from_job)
    ON CONFLICT DO UPDATE SET from_jobs = from_jobs + excluded.from_jobs;
END;
CREATE TRIGGER dead_letter_changed AFTER UPDATE ON dead_letters BEGIN
  UPDATE dead_letter_groups SET open = open - 1, bytes = bytes - OLD.bytes
    WHERE destination = OLD.destination AND code = OLD.code AND dataset = OLD.dataset;
  INSERT INTO dead_letter_groups VALUES (NEW.destination, NEW.code, NEW.dataset, 1, NEW.bytes)
    ON CONFLICT DO UPDATE SET open = open + 1, bytes = bytes + excluded.bytes;
  UPDATE dead_letter_totals SET from_jobs = from_jobs + NEW.from_job - OLD.from_job
    WHERE destination = NEW.destination AND NEW.from_job <> OLD.from_job;
END;
CREATE TRIGGER dead_letter_gone AFTER DELETE ON dead_letters BEGIN
  UPDATE dead_letter_groups SET open = open - 1, bytes = bytes - OLD.bytes
    WHERE destination = OLD.destination AND code = OLD.code AND dataset = OLD.dataset;
  DELETE FROM dead_letter_groups WHERE open = 0
    AND destination = OLD.destination AND code = OLD.code AND dataset = OLD.dataset;
END;
CREATE TRIGGER dead_letter_resolved AFTER INSERT ON resolved BEGIN
  UPDATE dead_letter_totals
    SET delivered = delivered + (NEW.how = 'delivered'), dropped = dropped + (NEW.how = 'dropped')
    WHERE destination = NEW.destination;
  DELETE FROM dead_letters WHERE number = NEW.number;
END;

CREATE TABLE documents (name TEXT PRIMARY KEY, json TEXT NOT NULL, crc INTEGER NOT NULL) STRICT;
CREATE TABLE backfilled_ids (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, ids BLOB NOT NULL, crc INTEGER NOT NULL) STRICT;
CREATE TABLE progress (
  destination TEXT NOT NULL, sequence INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (destination, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE incidents (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, file TEXT,
  recovered INTEGER NOT NULL, lost INTEGER
) STRICT;
PRAGMA user_version = ${schemaVersion};
`;
