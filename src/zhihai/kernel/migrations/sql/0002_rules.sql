-- Room rules: what a district set is kept with its instant, so that an hour is judged by what held then.

ALTER TABLE rule_setting DROP CONSTRAINT rule_setting_pkey;
ALTER TABLE rule_setting ADD PRIMARY KEY (rule, set_at);
