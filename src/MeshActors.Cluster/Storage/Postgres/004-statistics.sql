-- Queries here go by keys, of which a coarse picture is enough. By default 30,000 rows of each table are read and sorted
-- whenever a tenth is new: in a mesh that grows fast a processor is held for a second of every minute, and joins wait for it.
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT attrelid::regclass AS place, attname AS name
        FROM pg_attribute
        WHERE attrelid = ANY (ARRAY['journal', 'snapshot', 'projection', 'projected_event', 'projected_network', 'projected_node', 'projected_holding']::regclass[])
            AND attnum > 0 AND NOT attisdropped
    LOOP
        -- 300 rows for each: 3,000.
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 10', one.place, one.name);
    END LOOP;
END $$;
