"""Face: wall."""
