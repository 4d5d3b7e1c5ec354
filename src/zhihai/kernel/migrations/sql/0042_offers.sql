-- Room offers: whose appointment no longer fits is told each time that it happens, and once each.

ALTER TABLE offer_claim ADD COLUMN displaced timestamptz;                     -- its beginning, while it does not fit there
ALTER TABLE offer_claim ADD COLUMN displacements integer NOT NULL DEFAULT 0; -- how often that happened
