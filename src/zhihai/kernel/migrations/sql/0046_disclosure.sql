-- Room disclosure: reviews and law suits about requests (行政复议、行政诉讼), each a row of its own.
-- Not reversible: with two rows of one sort there is no way back to one.

ALTER TABLE request_dispute
    DROP CONSTRAINT request_dispute_number_sort_key,
    ADD COLUMN against text NOT NULL DEFAULT 'answer' CHECK (against IN ('answer', 'silence')), -- 答复、逾期不答复
    ADD COLUMN instance text NOT NULL DEFAULT 'first' CHECK (instance IN ('first', 'second')),  -- 一审、二审
    ADD COLUMN taken_back_at timestamptz,         -- recorded by mistake: district time; it counts nowhere
    ADD CHECK (instance = 'first' OR sort <> 'review');
CREATE INDEX request_dispute_number ON request_dispute (number, id);
