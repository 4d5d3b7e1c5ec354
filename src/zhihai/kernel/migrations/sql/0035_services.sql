-- Room services: what is given in is of a kind (申请、咨询、投诉…), and need not concern an item.
ALTER TABLE application ADD COLUMN kind text NOT NULL DEFAULT 'general_application.application';
ALTER TABLE application ALTER COLUMN kind DROP DEFAULT;
ALTER TABLE application ALTER COLUMN item_id DROP NOT NULL;
