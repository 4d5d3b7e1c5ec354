-- Room identity: sign-in among a million accounts.

-- Who signs in is found by the name of sign-in, whatever the size of its letters, or by the address.
CREATE INDEX account_username_lower ON account (lower(username));
CREATE INDEX account_email ON account (email);

-- Entries are rewritten many times in their minutes: without an index on what changes, in place.
DROP INDEX web_cache_expires;
ALTER TABLE web_cache SET (fillfactor = 70);
