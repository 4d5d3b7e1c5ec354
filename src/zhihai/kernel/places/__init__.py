"""Room: where it is and what stands there."""
