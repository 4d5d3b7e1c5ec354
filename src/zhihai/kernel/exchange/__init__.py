"""Room: what came in and went out, exactly once."""
