-- One signed report revision each, in order of creation.
CREATE TABLE IF NOT EXISTS reports (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id  TEXT    NOT NULL,
    revision  INTEGER NOT NULL,
    phase     TEXT    NOT NULL,          -- raised, updated, cleared
    severity  INTEGER NOT NULL,          -- 0 low to 3 critical
    topic     TEXT    NOT NULL,          -- part of what is signed
    payload   BLOB    NOT NULL,          -- the exact bytes
    signature TEXT    NOT NULL,
    sha256    TEXT    NOT NULL,          -- of the payload: what an ack names
    created   INTEGER NOT NULL,          -- Unix milliseconds
    refusal   TEXT,                      -- why it is a dead letter; NULL while pending
    UNIQUE (event_id, revision)
);
CREATE INDEX IF NOT EXISTS reports_by_hash ON reports (sha256);
-- Evidence files that the server has not taken yet.
CREATE TABLE IF NOT EXISTS uploads (
    evidence_id TEXT    PRIMARY KEY,
    event_id    TEXT    NOT NULL,
    sealed_in   INTEGER NOT NULL,        -- the first revision that names the hash
    priority    INTEGER NOT NULL,        -- 0 preview to 9 clip
    severity    INTEGER NOT NULL,
    file        TEXT    NOT NULL,        -- name within the evidence folder
    bytes       INTEGER NOT NULL,
    sha256      TEXT    NOT NULL,
    created     INTEGER NOT NULL,        -- Unix milliseconds
    ready       INTEGER NOT NULL         -- 1 once a revision that names the hash is stored
);
-- The last revision of every event that can still change, or whose evidence is still here.
CREATE TABLE IF NOT EXISTS events (
    event_id  TEXT    PRIMARY KEY,
    last_seen INTEGER NOT NULL,          -- Unix milliseconds
    unsettled INTEGER NOT NULL,          -- 1 while not cleared, or evidence is pending
    report    TEXT    NOT NULL           -- the AutoReport, before it was thinned to fit
);
-- Every event that ever had a revision here, the newest of them: what the event log need not recover.
-- Without AUTOINCREMENT the numbers have no gaps, so that a difference of numbers is a count.
CREATE TABLE IF NOT EXISTS filed (
    seq      INTEGER PRIMARY KEY,
    event_id TEXT    NOT NULL UNIQUE
);
-- This outbox's own name, which the event log's lines bear.
CREATE TABLE IF NOT EXISTS identity (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL);
INSERT OR IGNORE INTO identity VALUES (1, lower(hex(randomblob(8))));
-- What the full-disk policy let go: the gap report. A row is never deleted.
CREATE TABLE IF NOT EXISTS losses (
    what     TEXT    NOT NULL,           -- update, event, dead_letter, evidence
    severity INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    first    INTEGER NOT NULL,           -- Unix milliseconds
    last     INTEGER NOT NULL,
    PRIMARY KEY (what, severity)
);
-- The newest manifest of each name that this agent was enrolled under. The next one names its hash.
CREATE TABLE IF NOT EXISTS chain (
    agent    TEXT    PRIMARY KEY,
    sequence INTEGER NOT NULL,
    sha256   TEXT    NOT NULL            -- of the manifest's exact bytes
);
-- Bytes in use, kept by the triggers below.
CREATE TABLE IF NOT EXISTS space (what TEXT PRIMARY KEY, bytes INTEGER NOT NULL);
INSERT OR IGNORE INTO space VALUES ('reports', 0), ('evidence', 0);
CREATE TRIGGER IF NOT EXISTS report_in AFTER INSERT ON reports BEGIN
    UPDATE space SET bytes = bytes + length(new.payload) WHERE what = 'reports'; END;
CREATE TRIGGER IF NOT EXISTS report_out AFTER DELETE ON reports BEGIN
    UPDATE space SET bytes = bytes - length(old.payload) WHERE what = 'reports'; END;
CREATE TRIGGER IF NOT EXISTS upload_in AFTER INSERT ON uploads BEGIN
    UPDATE space SET bytes = bytes + new.bytes WHERE what = 'evidence'; END;
CREATE TRIGGER IF NOT EXISTS upload_out AFTER DELETE ON uploads BEGIN
    UPDATE space SET bytes = bytes - old.bytes WHERE what = 'evidence'; END;
-- Commands that were taken, each with its answer, the newest of them.
CREATE TABLE IF NOT EXISTS commands (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    id        TEXT    NOT NULL UNIQUE,
    command   TEXT    NOT NULL,          -- the Command
    answer    BLOB,                      -- the exact bytes; NULL while it waits
    signature TEXT,
    sha256    TEXT,                      -- of the answer: what an ack names
    confirmed INTEGER NOT NULL DEFAULT 0 -- 1 once the server has the answer
);
CREATE INDEX IF NOT EXISTS commands_by_hash ON commands (sha256);
-- Per server, by its key: the last command's number, and the newest desired state.
CREATE TABLE IF NOT EXISTS issuers (
    key_id        TEXT    PRIMARY KEY,
    last_sequence INTEGER NOT NULL DEFAULT 0,
    desired       TEXT                   -- the Desired
);
