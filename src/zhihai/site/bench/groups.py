"""The parts of a benchmark."""

GROUPS = ("start", "replay", "places", "intake", "cases", "identity", "forms", "services")
"""Parts of a benchmark that can be asked for by themselves."""
