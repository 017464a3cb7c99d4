-- The tables of a store of schema version 2, as the Saqshy of then made them.
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE journal (
        position INTEGER PRIMARY KEY,
        batch_id TEXT NOT NULL UNIQUE,
        data BLOB NOT NULL);
CREATE TABLE listener_tails (
        listener TEXT PRIMARY KEY,
        sequence INTEGER NOT NULL,
        resume TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE source_tails (
        object_id TEXT NOT NULL,
        source_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        resume TEXT NOT NULL,
        PRIMARY KEY (object_id, source_id)) WITHOUT ROWID;
CREATE TABLE state (
        object_id TEXT NOT NULL,
        key TEXT NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (object_id, key)) WITHOUT ROWID;
CREATE TABLE event_blocks (
        id INTEGER PRIMARY KEY,
        batch_id TEXT NOT NULL UNIQUE,
        object_id TEXT NOT NULL,
        first_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        count INTEGER NOT NULL,
        data BLOB NOT NULL);
CREATE INDEX event_blocks_by_time ON event_blocks (object_id, first_at, batch_id, last_at);
CREATE TABLE findings (
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (id, revision));
CREATE TABLE incidents (
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (id, revision));
CREATE TABLE incident_heads (
        id TEXT PRIMARY KEY,
        revision INTEGER NOT NULL,
        object_id TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        FOREIGN KEY (id, revision) REFERENCES incidents (id, revision)) WITHOUT ROWID;
CREATE INDEX incident_heads_by_opening ON incident_heads (opened_at, id);
CREATE INDEX incident_heads_by_object ON incident_heads (object_id, opened_at, id);
CREATE TABLE notices (
        id TEXT PRIMARY KEY,
        incident_id TEXT NOT NULL,
        state TEXT NOT NULL,
        lane INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        next_attempt_at INTEGER NOT NULL,
        channel TEXT NOT NULL,
        role TEXT NOT NULL,
        party TEXT NOT NULL,
        revision INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        claim TEXT NOT NULL DEFAULT '',
        claimed_until INTEGER NOT NULL DEFAULT 0,
        unrecorded INTEGER NOT NULL DEFAULT 0,
        data BLOB NOT NULL);
CREATE INDEX notices_waiting
        ON notices (channel, lane, due_at, created_at, id, next_attempt_at, attempts, claimed_until,
        party)
        WHERE state IN ('pending', 'failed');
CREATE INDEX notices_in_line
        ON notices (incident_id, role, party, revision, created_at, due_at, id)
        WHERE state IN ('pending', 'failed');
CREATE INDEX notices_claimed ON notices (claim) WHERE claim <> '';
CREATE INDEX notices_by_creation ON notices (created_at, id);
CREATE INDEX notices_by_incident ON notices (incident_id, created_at, id);
CREATE TABLE audit (
        chain TEXT NOT NULL,
        number INTEGER NOT NULL,
        entry_id TEXT NOT NULL UNIQUE,
        data BLOB NOT NULL,
        PRIMARY KEY (chain, number));
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_undeleted BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TABLE failures (
        id TEXT PRIMARY KEY,
        received_at INTEGER NOT NULL,
        data BLOB NOT NULL);
CREATE INDEX failures_by_time ON failures (received_at, id);
CREATE TABLE bundles (
        kind TEXT NOT NULL,
        revision TEXT NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (kind, revision));
PRAGMA application_id = 1399944057;
PRAGMA user_version = 2;
