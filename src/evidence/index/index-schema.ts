import { DatabaseSync } from 'node:sqlite'
import { rmSync } from 'node:fs'

/** Raised whenever a table changes its shape or its meaning: an older file is then built anew. */
const SCHEMA_VERSION = 4

const SCHEMA = `
CREATE TABLE place (origin TEXT NOT NULL, record INTEGER NOT NULL, line INTEGER NOT NULL);
CREATE TABLE exchanges (
  id INTEGER PRIMARY KEY,
  exchange BLOB NOT NULL UNIQUE,
  provider INTEGER NOT NULL,
  erased INTEGER NOT NULL DEFAULT 0,
  client TEXT, service TEXT, method TEXT, path TEXT, message_id TEXT, user TEXT, agreement TEXT, purpose TEXT,
  requested_at INTEGER NOT NULL DEFAULT 0, request_bytes INTEGER,
  answered_at INTEGER, answer_bytes INTEGER, status INTEGER, error TEXT,
  acknowledgement INTEGER, acknowledged_at INTEGER
);
CREATE TABLE halves (
  exchange INTEGER NOT NULL REFERENCES exchanges (id),
  record INTEGER NOT NULL,
  line INTEGER NOT NULL,
  answer INTEGER NOT NULL,
  PRIMARY KEY (exchange, record, line)
) WITHOUT ROWID;
CREATE INDEX by_time ON exchanges (requested_at);
CREATE INDEX by_client ON exchanges (client, requested_at);
CREATE INDEX by_service ON exchanges (service, requested_at);
CREATE INDEX by_message ON exchanges (message_id, requested_at);
CREATE INDEX by_user ON exchanges (user, requested_at) WHERE user IS NOT NULL;
CREATE INDEX by_error ON exchanges (error, requested_at) WHERE error IS NOT NULL;
CREATE INDEX failed ON exchanges (requested_at) WHERE error IS NOT NULL;
CREATE INDEX unanswered ON exchanges (requested_at) WHERE answered_at IS NULL;
CREATE INDEX unacknowledged ON exchanges (requested_at) WHERE acknowledgement > 0;
CREATE INDEX awaited ON exchanges (requested_at) WHERE acknowledgement = 1;
`

/**
 * Opens the file of the index, or makes it anew when it is missing, damaged, of another version or of another
 * ledger: the journal holds everything it knows.
 *
 * @param origin - origin of the ledger it belongs to
 * @param records - how many records the ledger holds; an index that knows more belongs to a ledger that is gone
 */
export function openIndexFile(file: string, origin: string, records: number): DatabaseSync {
  const known = tryOpen(file, origin, records)
  if (known !== undefined) return known
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
  const fresh = new DatabaseSync(file)
  configure(fresh)
  fresh.exec(`BEGIN; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION};`)
  fresh.prepare('INSERT INTO place VALUES (?, 0, 0)').run(origin)
  fresh.exec('COMMIT')
  return fresh
}

function tryOpen(file: string, origin: string, records: number): DatabaseSync | undefined {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file)
    configure(database)
    const version = database.prepare('PRAGMA user_version').get()
    if (version?.['user_version'] === SCHEMA_VERSION) {
      const place = database.prepare('SELECT origin, record FROM place').get()
      if (place?.['origin'] === origin && Number(place['record']) <= records) return database
    }
  } catch {
    // A file that SQLite cannot read is replaced below, like one of another version.
  }
  database?.close()
  return undefined
}

/**
 * NORMAL in WAL mode loses the newest rows at a power cut, never the file; lost rows are indexed again. What is
 * deleted is overwritten, since an erasure has to reach the file.
 */
function configure(database: DatabaseSync): void {
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA cache_size = -4096;',
  )
}
