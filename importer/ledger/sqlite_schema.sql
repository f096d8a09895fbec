-- The tables of a ledger. Times are milliseconds since 1970, 0 for none; states are
-- those of State. The tables are laid out by how often they change: intents stays
-- small, attempts is read and pruned run by run, and people is never pruned and not
-- touched before an intent is settled.

CREATE TABLE ledger (
	one    INTEGER PRIMARY KEY CHECK (one = 1),
	secret BLOB NOT NULL CHECK (length(secret) = 32)
) STRICT;

-- The numbers of runs and intents are never given twice, also after pruning.
CREATE TABLE runs (
	number   INTEGER PRIMARY KEY AUTOINCREMENT,
	id       TEXT NOT NULL UNIQUE,
	api      TEXT NOT NULL,
	company  INTEGER NOT NULL,
	project  INTEGER NOT NULL,
	command  TEXT NOT NULL,
	host     TEXT NOT NULL,
	roster   TEXT NOT NULL,
	results  TEXT NOT NULL,
	started  INTEGER NOT NULL,
	ended    INTEGER NOT NULL DEFAULT 0,
	status   TEXT NOT NULL,
	created  INTEGER NOT NULL DEFAULT 0,
	existing INTEGER NOT NULL DEFAULT 0,
	skipped  INTEGER NOT NULL DEFAULT 0,
	invalid  INTEGER NOT NULL DEFAULT 0,
	failed   INTEGER NOT NULL DEFAULT 0,
	unknown  INTEGER NOT NULL DEFAULT 0,
	pending  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- In flight or unresolved. An intent whose key is Created in people is a removal.
CREATE TABLE intents (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	key        BLOB NOT NULL UNIQUE,
	name_key   BLOB,
	id_key     BLOB,
	run        INTEGER NOT NULL,
	row        INTEGER NOT NULL,
	attempt    INTEGER NOT NULL,
	generation INTEGER NOT NULL,
	sent       INTEGER NOT NULL,
	ended      INTEGER NOT NULL DEFAULT 0,
	status     TEXT NOT NULL DEFAULT '',
	code       TEXT NOT NULL DEFAULT '',
	http       INTEGER NOT NULL DEFAULT 0,
	request    TEXT NOT NULL DEFAULT ''
) STRICT;

-- Settled intents, written once.
CREATE TABLE attempts (
	run        INTEGER NOT NULL,
	id         INTEGER NOT NULL,
	key        BLOB NOT NULL,
	row        INTEGER NOT NULL,
	attempt    INTEGER NOT NULL,
	generation INTEGER NOT NULL,
	sent       INTEGER NOT NULL,
	ended      INTEGER NOT NULL,
	state      INTEGER NOT NULL,
	person     INTEGER NOT NULL,
	status     TEXT NOT NULL,
	code       TEXT NOT NULL,
	http       INTEGER NOT NULL,
	request    TEXT NOT NULL,
	PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;

-- What is known of a key for good. run created the person; attempts counts the
-- requests, generation the renewals of the token.
CREATE TABLE people (
	key        BLOB PRIMARY KEY,
	name_key   BLOB,
	id_key     BLOB,
	state      INTEGER NOT NULL,
	person     INTEGER NOT NULL,
	project    INTEGER NOT NULL,
	attempts   INTEGER NOT NULL,
	generation INTEGER NOT NULL,
	created    INTEGER NOT NULL,
	run        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX people_by_person ON people (person) WHERE person <> 0;
CREATE INDEX people_by_name ON people (name_key) WHERE name_key IS NOT NULL;
CREATE INDEX people_by_id ON people (id_key) WHERE id_key IS NOT NULL;
