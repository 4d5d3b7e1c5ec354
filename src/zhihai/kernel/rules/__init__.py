"""Room: what is out of bounds and since when."""
