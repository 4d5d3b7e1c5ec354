-- Room disclosure: fees for requests beyond reason (政府信息公开信息处理费), one row for each notice.
-- Not reversible: what was charged and paid is kept.

CREATE TABLE request_fee (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number              text NOT NULL,            -- of the request
    step                text NOT NULL,            -- the step of its case that waits for the payment
    tariff              text NOT NULL,            -- by which it was reckoned, in which version
    tariff_version      integer NOT NULL,
    way                 text NOT NULL CHECK (way IN ('items', 'pages')),
    before              integer NOT NULL CHECK (before >= 0 AND (way = 'items' OR before = 0)), -- earlier in the month
    count               integer NOT NULL CHECK (count > 0),                                     -- items, or pages
    cents               bigint NOT NULL CHECK (cents > 0),                                      -- 分
    notified_on         date NOT NULL,
    notified_by         bigint NOT NULL,
    released_on         date,                     -- taken back before it was paid
    receipt             text UNIQUE,              -- number of the treasury's receipt (财政票据)
    paid_on             date CHECK (paid_on >= notified_on),
    paid_by             bigint,                   -- who recorded it
    returned_cents      bigint CHECK (returned_cents BETWEEN 1 AND cents),
    returned_on         date CHECK (returned_on >= paid_on),
    returned_why        text,
    returned_reference  text,
    returned_by         bigint,
    CHECK ((receipt IS NULL) = (paid_on IS NULL) AND (paid_on IS NULL) = (paid_by IS NULL)),
    CHECK (released_on IS NULL OR paid_on IS NULL),
    CHECK (returned_cents IS NULL OR paid_on IS NOT NULL),
    CHECK ((returned_cents IS NULL) = (returned_on IS NULL) AND (returned_on IS NULL) = (returned_why IS NULL)
        AND (returned_why IS NULL) = (returned_reference IS NULL) AND (returned_reference IS NULL) = (returned_by IS NULL))
);
CREATE INDEX request_fee_number ON request_fee (number, id);
-- Of a request one fee stands at most.
CREATE UNIQUE INDEX request_fee_standing ON request_fee (number) WHERE released_on IS NULL;
