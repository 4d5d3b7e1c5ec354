-- Room channels: a number or an address that was replaced is told once that it was (原联系方式).

ALTER TABLE delivery ADD COLUMN former text; -- where it goes, encrypted, of the account: a way that was left; NULL once it ended

-- Take the message of one way that has been due longest, under a lease: one delivery, or all that leave together. Where
-- more than p_single deliveries to one of those told are due that were never tried, up to p_most of them leave together
-- from now on; what was tried before keeps to its own message, since the receiver may have it. Rows that another worker
-- takes are passed over. All deliveries of a message are in one state: only the first of them is looked for. With
-- p_urgent nothing is taken but what wakes people. What goes to a way that was left goes alone.
--
-- Nothing waits longer than p_longest, and no lease lasts longer than p_lease: what is to wait twice as long was noted while
-- the machine's clock stood ahead, and not just by a worker whose clock goes a little faster than ours. It is looked for
-- when nothing else is due, and then leaves at once.
CREATE OR REPLACE FUNCTION zh_delivery_take(p_channel text, p_urgent boolean, p_now timestamptz, p_lease interval,
    p_longest interval, p_single integer, p_most integer) RETURNS SETOF delivery LANGUAGE plpgsql AS $$
DECLARE d delivery; members bigint[]; who bigint; whose bigint;
BEGIN
    SELECT * INTO d FROM delivery x WHERE x.channel = p_channel AND x.next_at <= p_now AND (x.urgent OR NOT p_urgent)
        AND (x.together IS NULL OR x.together = x.id)
        AND (x.state = 'queued'
            OR (x.state = 'sending' AND (x.lease_until < p_now OR x.lease_until > p_now + 2 * p_lease)))
        ORDER BY x.next_at, x.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF d.id IS NULL THEN
        SELECT * INTO d FROM delivery x WHERE x.channel = p_channel AND x.next_at > p_now + 2 * p_longest
            AND (x.urgent OR NOT p_urgent) AND (x.together IS NULL OR x.together = x.id)
            AND (x.state = 'queued'
                OR (x.state = 'sending' AND (x.lease_until < p_now OR x.lease_until > p_now + 2 * p_lease)))
            ORDER BY x.next_at, x.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    IF d.id IS NULL THEN RETURN; END IF;
    IF d.together IS NOT NULL THEN
        members := ARRAY(SELECT x.id FROM delivery x WHERE x.together = d.id);
    ELSIF d.attempts = 0 AND d.former IS NULL THEN
        SELECT n.account_id, CASE WHEN n.account_id IS NULL THEN n.person_id END INTO who, whose
            FROM notice n WHERE n.id = d.notice_id;
        members := ARRAY(SELECT x.id FROM delivery x
            WHERE x.notice_id = ANY(ARRAY(SELECT b.id FROM notice b WHERE b.id >= d.notice_id
                    AND (b.account_id = who OR (b.person_id = whose AND b.account_id IS NULL))))
                AND x.channel = d.channel AND x.state = 'queued' AND x.attempts = 0 AND x.together IS NULL AND x.former IS NULL
                AND (x.urgent OR NOT p_urgent) AND (x.next_at <= p_now OR x.next_at > p_now + 2 * p_longest)
            ORDER BY x.notice_id LIMIT p_most FOR UPDATE OF x SKIP LOCKED);
        IF cardinality(members) > p_single THEN
            UPDATE delivery x SET together = d.id WHERE x.id = ANY(members);
        ELSE
            members := ARRAY[d.id];
        END IF;
    ELSE
        members := ARRAY[d.id];
    END IF;
    RETURN QUERY UPDATE delivery x SET state = 'sending', attempts = x.attempts + 1, lease_until = p_now + p_lease
        WHERE x.id = ANY(members) RETURNING x.*;
END $$;
