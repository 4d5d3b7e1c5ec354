-- Room forms: by what a reception began, a card that was read or what was typed.

ALTER TABLE reception ADD COLUMN reading_id bigint REFERENCES card_reading,
    ADD COLUMN typed_why text CHECK (typed_why IN ('away', 'unread', 'other', 'name')),
    ADD CHECK (reading_id IS NULL OR typed_why IS NULL);
