-- Room sensing: single readings that arrive together, each an envelope of its own, in one statement.

-- Take so many requests of one reading each, and keep what they brought: observations, latest values, counts, one entry and
-- one event for each. Returns the place (from 1), the envelope and whether the reading was new, of each that was taken; one
-- whose key was taken before is not among them and nothing of it is written, and none is when the devices have changed since
-- the caller looked (p_version). Rows come ordered by stream, each stream once. Envelopes are written in the order of their
-- keys, then observations and latest values in that of their streams: two callers take their locks in one order.
CREATE FUNCTION zh_record_each(p_version bigint, p_district timestamptz, p_received timestamptz[], p_connector integer[],
    p_actor bigint[], p_sort text[], p_key text[], p_type text[], p_raw bytea[], p_digest bytea[], p_device integer[],
    p_months date[], p_stream integer[], p_at timestamptz[], p_value double precision[], p_flags smallint[], p_topic text)
RETURNS TABLE (place integer, envelope bigint, fresh boolean) LANGUAGE plpgsql AS $$
DECLARE d record; m date; ids bigint[]; places integer[]; news boolean[];
BEGIN
    IF (SELECT v.version FROM sensing_version v) <> p_version THEN RETURN; END IF;
    FOREACH m IN ARRAY p_months LOOP PERFORM zh_observation_month(m); END LOOP;
    SELECT x.era, x.mode INTO d FROM district x;
    ids := ARRAY(SELECT nextval('envelope_id_seq') FROM generate_subscripts(p_stream, 1));
    WITH sent AS MATERIALIZED (
        SELECT n, ids[n] AS id, p_stream[n] AS stream, p_at[n] AS at, p_value[n] AS value, p_flags[n] AS flags
        FROM generate_subscripts(p_stream, 1) AS n),
    taken AS (
        INSERT INTO envelope AS e (id, connector_id, key, received_at, at, content_type, size, digest, raw, accepted)
        OVERRIDING SYSTEM VALUE
        SELECT s.id, p_connector[s.n], p_key[s.n], p_received[s.n], p_district, p_type[s.n], length(p_raw[s.n]), p_digest[s.n],
            p_raw[s.n], 1
        FROM sent s ORDER BY p_connector[s.n], p_key[s.n] ON CONFLICT (connector_id, key) DO NOTHING RETURNING e.id),
    written AS (
        INSERT INTO observation AS o (datastream_id, at, value, flags, envelope_id, recorded_at)
        SELECT s.stream, s.at, s.value, s.flags, s.id, p_received[s.n] FROM sent s JOIN taken t ON t.id = s.id
        ORDER BY s.stream ON CONFLICT DO NOTHING RETURNING o.envelope_id),
    told AS MATERIALIZED (
        SELECT s.*, w.envelope_id IS NOT NULL AS new
        FROM sent s JOIN taken t ON t.id = s.id LEFT JOIN written w ON w.envelope_id = s.id ORDER BY s.n),
    entered AS (
        INSERT INTO journal_entry OVERRIDING SYSTEM VALUE
        SELECT (m.e).id, (m.e).era, (m.e).xid, (m.e).recorded_at, (m.e).at, (m.e).mode, (m.e).actor, (m.e).sort, (m.e).act,
            (m.e).noun, (m.e).subject, (m.e).case_id, (m.e).case_seq, (m.e).case_prev, (m.e).data, zh_entry_hash(m.e)
        FROM (SELECT ROW(nextval('journal_entry_id_seq'), coalesce(d.era, 1), pg_current_xact_id(), clock_timestamp(),
                  p_district, coalesce(d.mode, 'live'), p_actor[t.n], p_sort[t.n], 'sensing.record', 'envelope', t.id, NULL,
                  NULL, NULL, json_build_object('accepted', t.new::integer, 'digest', encode(p_digest[t.n], 'hex'),
                      'duplicate', (NOT t.new)::integer, 'first', CASE WHEN t.new THEN t.at END, 'last',
                      CASE WHEN t.new THEN t.at END, 'quarantined', 0, 'rows', encode(sha256(CASE WHEN t.new
                      THEN zh_observation_bytes(t.stream, t.at, t.value, t.flags) ELSE '' END), 'hex'))::text,
                  NULL)::journal_entry AS e
              FROM told t OFFSET 0) m),
    emitted AS (
        INSERT INTO outbox (era, at, topic, body)
        SELECT coalesce(d.era, 1), p_district, p_topic, json_build_object('count', 1, 'devices',
            json_build_array(p_device[t.n]), 'envelope', t.id, 'first', t.at, 'last', t.at)::text
        FROM told t WHERE t.new)
    SELECT array_agg(t.n ORDER BY t.n), array_agg(t.new ORDER BY t.n) INTO places, news FROM told t;
    IF places IS NULL THEN RETURN; END IF; -- all were sent before
    PERFORM zh_latest(p_stream, p_at, p_value, p_flags, places, array_fill('-infinity'::timestamptz, ARRAY[cardinality(places)]));
    IF false = ANY(news) THEN
        UPDATE envelope e SET accepted = 0, duplicate = 1
            FROM unnest(places, news) AS u(n, new) WHERE e.id = ids[u.n] AND NOT u.new;
    END IF;
    RETURN QUERY SELECT u.n, ids[u.n], u.new FROM unnest(places, news) AS u(n, new);
END $$;
