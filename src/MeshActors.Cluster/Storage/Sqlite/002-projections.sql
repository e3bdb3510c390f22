-- What lists and searches read. All of it is made from the journal and can be made anew from it at any time:
-- `mesh-controller projections rebuild`. The rows of a view and its revision change in one transaction.

-- A view is one organization's rows in the tables below. Another one is made beside the one that serves, and takes its place when it is whole.
CREATE TABLE IF NOT EXISTS projection (
    view         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    organization TEXT    NOT NULL,
    -- 0 in the making, 1 serving, 2 given up: its rows are being deleted.
    state        INTEGER NOT NULL,
    -- The last revision that is in it, and the SHA-256 of that row: a journal that was exchanged is noticed.
    revision     INTEGER NOT NULL,
    hash         BLOB    NOT NULL,
    -- The latest time of an event, and how far behind it a later event's time ever was: clocks differ.
    peak_ms      INTEGER NOT NULL,
    setback_ms   INTEGER NOT NULL
);

CREATE UNIQUE INDEX IF NOT EXISTS projection_organization ON projection (organization, state) WHERE state < 2;

CREATE TABLE IF NOT EXISTS projected_event (
    view           INTEGER NOT NULL,
    revision       INTEGER NOT NULL,
    unix_ms        INTEGER NOT NULL,
    -- The latest time up to this revision: grows with the revision, so that a time is found by halving.
    peak_ms        INTEGER NOT NULL,
    -- As node-joined, in all its versions.
    type           TEXT    NOT NULL,
    principal_kind TEXT    NOT NULL,
    principal_id   TEXT    NOT NULL,
    principal_name TEXT    NOT NULL,
    -- The UUID's 16 bytes.
    node           BLOB,
    PRIMARY KEY (view, revision)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS projected_event_type ON projected_event (view, type, revision);
CREATE INDEX IF NOT EXISTS projected_event_kind ON projected_event (view, principal_kind, revision);
CREATE INDEX IF NOT EXISTS projected_event_id ON projected_event (view, principal_id, revision);
CREATE INDEX IF NOT EXISTS projected_event_name ON projected_event (view, principal_name, revision);
CREATE INDEX IF NOT EXISTS projected_event_node ON projected_event (view, node, revision);

-- The networks that events name. A network: a byte 4 or 6, the address, a byte of length; so bytes sort as networks do.
CREATE TABLE IF NOT EXISTS projected_network (
    view     INTEGER NOT NULL,
    network  BLOB    NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (view, network, revision)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS projected_node (
    view       INTEGER NOT NULL,
    node       BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    public_key TEXT    NOT NULL,
    is_removed BIT     NOT NULL,
    PRIMARY KEY (view, node)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS projected_node_node ON projected_node (node);
CREATE INDEX IF NOT EXISTS projected_node_name ON projected_node (name);
CREATE INDEX IF NOT EXISTS projected_node_key ON projected_node (public_key);

-- Who holds (kind address and child: for ever) and announces what.
CREATE TABLE IF NOT EXISTS projected_holding (
    view    INTEGER NOT NULL,
    network BLOB    NOT NULL,
    kind    TEXT    NOT NULL,
    node    BLOB    NOT NULL,
    PRIMARY KEY (view, network, kind)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS projected_holding_network ON projected_holding (network);
CREATE INDEX IF NOT EXISTS projected_holding_node ON projected_holding (view, node);
