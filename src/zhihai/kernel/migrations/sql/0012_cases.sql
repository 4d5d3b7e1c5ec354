-- Room cases: which cases somebody may see, found by where they are, closed ones in the order of their lists, and by where
-- their tasks are or were. Without these an official of one office waits up to 1.2 s for a page of closed cases, of a million.
CREATE INDEX cases_closed_place ON cases (org_lo, area_lo, type_no, closed_at DESC, id DESC) WHERE state = 'closed';
CREATE INDEX task_whose ON task (org_lo, area_lo, type_no, case_id);
