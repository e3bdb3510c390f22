-- The shape that Akka.Persistence.Sql expects. Files that it made itself have it already, with some more indexes.
CREATE TABLE IF NOT EXISTS journal (
    ordering        INTEGER       NOT NULL PRIMARY KEY AUTOINCREMENT,
    created         INTEGER       NOT NULL,
    deleted         BIT           NOT NULL,
    persistence_id  NVARCHAR(255) NOT NULL,
    sequence_number INTEGER       NOT NULL,
    message         VARBINARY     NOT NULL,
    tags            NVARCHAR(100),
    manifest        NVARCHAR(500),
    identifier      INTEGER,
    writer_uuid     NVARCHAR(128)
);

-- The fence: of two that write the same entity's next event, one fails.
CREATE UNIQUE INDEX IF NOT EXISTS journal_uq ON journal (persistence_id, sequence_number);

CREATE TABLE IF NOT EXISTS snapshot (
    persistence_id  NVARCHAR(255) NOT NULL,
    sequence_number INTEGER       NOT NULL,
    created         INTEGER       NOT NULL,
    snapshot        VARBINARY,
    manifest        NVARCHAR(500),
    serializer_id   INTEGER,
    PRIMARY KEY (persistence_id, sequence_number)
);

CREATE TRIGGER IF NOT EXISTS journal_no_update BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: UPDATE is refused');
END;

CREATE TRIGGER IF NOT EXISTS journal_no_delete BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: DELETE is refused');
END;
