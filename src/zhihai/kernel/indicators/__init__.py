"""Room: how much, as of when, made from what."""
