-- The tables of a ledger in PostgreSQL. They mean what the tables in sqlite_schema.sql
-- mean. Times are milliseconds since 1970, 0 for none; states are those of State.

CREATE TABLE muster_ledger (
	one    integer PRIMARY KEY CHECK (one = 1),
	format integer NOT NULL,
	secret bytea CHECK (length(secret) = 32), -- NULL if a file on each host has the secret
	proof  bytea                              -- that the secret in such a file is the ledger's
);

CREATE TABLE muster_runs (
	number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id       text NOT NULL UNIQUE,
	api      text NOT NULL,
	company  bigint NOT NULL,
	project  bigint NOT NULL,
	command  text NOT NULL,
	host     text NOT NULL,
	roster   text NOT NULL,
	results  text NOT NULL,
	started  bigint NOT NULL,
	ended    bigint NOT NULL DEFAULT 0,
	status   text NOT NULL,
	created  bigint NOT NULL DEFAULT 0,
	existing bigint NOT NULL DEFAULT 0,
	skipped  bigint NOT NULL DEFAULT 0,
	invalid  bigint NOT NULL DEFAULT 0,
	failed   bigint NOT NULL DEFAULT 0,
	unknown  bigint NOT NULL DEFAULT 0,
	pending  bigint NOT NULL DEFAULT 0
);

-- A transaction takes as many IDs at once as a group of changes can need.
CREATE SEQUENCE muster_intent_ids INCREMENT BY 512;

CREATE TABLE muster_intents (
	id         bigint PRIMARY KEY,
	key        bytea NOT NULL UNIQUE,
	name_key   bytea,
	id_key     bytea,
	run        bigint NOT NULL,
	row        bigint NOT NULL,
	attempt    bigint NOT NULL,
	generation bigint NOT NULL,
	sent       bigint NOT NULL,
	ended      bigint NOT NULL DEFAULT 0,
	status     text NOT NULL DEFAULT '',
	code       text NOT NULL DEFAULT '',
	http       bigint NOT NULL DEFAULT 0,
	request    text NOT NULL DEFAULT ''
);

CREATE TABLE muster_attempts (
	run        bigint NOT NULL,
	id         bigint NOT NULL,
	key        bytea NOT NULL,
	row        bigint NOT NULL,
	attempt    bigint NOT NULL,
	generation bigint NOT NULL,
	sent       bigint NOT NULL,
	ended      bigint NOT NULL,
	state      smallint NOT NULL,
	person     bigint NOT NULL,
	status     text NOT NULL,
	code       text NOT NULL,
	http       bigint NOT NULL,
	request    text NOT NULL,
	PRIMARY KEY (run, id)
);

CREATE TABLE muster_people (
	key        bytea PRIMARY KEY,
	name_key   bytea,
	id_key     bytea,
	state      smallint NOT NULL,
	person     bigint NOT NULL,
	project    bigint NOT NULL,
	attempts   bigint NOT NULL,
	generation bigint NOT NULL,
	created    bigint NOT NULL,
	run        bigint NOT NULL
);
CREATE INDEX muster_people_by_person ON muster_people (person) WHERE person <> 0;
CREATE INDEX muster_people_by_name ON muster_people (name_key) WHERE name_key IS NOT NULL;
CREATE INDEX muster_people_by_id ON muster_people (id_key) WHERE id_key IS NOT NULL;

-- The mappings that people confirmed, by a hash of the headings.
CREATE TABLE muster_mappings (
	headings  text PRIMARY KEY,
	content   bytea NOT NULL,
	confirmed bigint NOT NULL
);
