"""The database engine that Django is set to: PostgreSQL's own, with what every page pays for made cheaper."""
