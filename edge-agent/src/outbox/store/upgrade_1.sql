-- Where a report stands, and how urgent its event is: 'accepted' is the fourth state, and then the
-- row is gone.
ALTER TABLE reports ADD COLUMN state TEXT NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'sent', 'refused'));
-- The highest severity of the event's revisions that still wait: all of them share it, so that they
-- keep their order among themselves.
ALTER TABLE reports ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0;
UPDATE reports SET state = 'refused' WHERE refusal IS NOT NULL;
UPDATE reports SET urgency =
    (SELECT MAX(severity) FROM reports AS other WHERE other.event_id = reports.event_id);
CREATE INDEX reports_to_send ON reports (urgency DESC, seq) WHERE state <> 'refused';
-- The newest gap report, one row. What it counts stands in `losses`; nothing deletes either.
CREATE TABLE gap (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    revision  INTEGER NOT NULL,
    counted   INTEGER NOT NULL,          -- how many losses it tells of
    state     TEXT    NOT NULL CHECK (state IN ('queued', 'sent', 'accepted', 'refused')),
    topic     TEXT    NOT NULL,
    payload   BLOB    NOT NULL,
    signature TEXT    NOT NULL,
    sha256    TEXT    NOT NULL
);
