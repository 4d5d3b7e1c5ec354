-- Room trust: a seal may be appointed for papers (文书用章); one for each organisation.
ALTER TABLE certificate ADD COLUMN papers boolean NOT NULL DEFAULT false CHECK (NOT papers OR sort = 'organisation');
CREATE UNIQUE INDEX certificate_papers ON certificate (organisation_id) WHERE papers;
