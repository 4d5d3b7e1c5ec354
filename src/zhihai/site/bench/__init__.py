"""Measuring the platform against the bare store doing the same work: ``zhihai bench``."""
