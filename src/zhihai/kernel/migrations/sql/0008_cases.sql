-- Room cases: open tasks found by where they are, for officials who hold one place and every kind of case.

-- A street's official holds few offices and grounds for all case types: with the type first, PostgreSQL 15 reads every open
-- task for it, and 18 one part for each type.
CREATE INDEX task_place ON task (org_lo, area_lo, type_no, sort_at, id) INCLUDE (role) WHERE state = 'open';
