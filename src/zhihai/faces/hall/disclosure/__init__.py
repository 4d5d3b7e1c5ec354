"""Disclosure of government information, for everybody: what is published, and what was asked for."""
