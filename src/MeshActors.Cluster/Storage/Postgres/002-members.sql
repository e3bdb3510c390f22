-- Where the processes of one cluster find each other. A row is a hint, never the truth about membership.
CREATE TABLE IF NOT EXISTS mesh_member (
    address     text PRIMARY KEY,
    incarnation text        NOT NULL,
    is_member   boolean     NOT NULL,
    -- Where agents reach it; null when it serves none.
    gateway_url text,
    seen_at     timestamptz NOT NULL
);
