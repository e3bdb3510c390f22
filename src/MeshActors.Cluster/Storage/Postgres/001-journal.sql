-- The shape that Akka.Persistence.Sql expects, with fewer indexes: each costs every write, and nothing here asks by
-- time or by sequence number alone.
CREATE TABLE IF NOT EXISTS journal (
    ordering        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created         bigint  NOT NULL,
    deleted         boolean NOT NULL,
    persistence_id  text    NOT NULL,
    sequence_number bigint  NOT NULL,
    message         bytea   NOT NULL,
    tags            text,
    manifest        text,
    identifier      integer,
    writer_uuid     text,
    -- The fence: of two that write the same entity's next event, one fails.
    CONSTRAINT journal_uq UNIQUE (persistence_id, sequence_number)
);

CREATE TABLE IF NOT EXISTS snapshot (
    persistence_id  text   NOT NULL,
    sequence_number bigint NOT NULL,
    created         bigint NOT NULL,
    snapshot        bytea,
    manifest        text,
    serializer_id   integer,
    PRIMARY KEY (persistence_id, sequence_number)
);

-- An event is for ever, whoever holds the database's password.
CREATE OR REPLACE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only: % is refused', TG_OP
        USING HINT = 'Events are facts. To drop a whole mesh, drop its database.';
END $$;

CREATE OR REPLACE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal
    FOR EACH ROW EXECUTE FUNCTION journal_is_append_only();

CREATE OR REPLACE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only();
