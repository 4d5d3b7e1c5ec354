"""Face: api."""
