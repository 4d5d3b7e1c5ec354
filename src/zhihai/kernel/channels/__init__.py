"""Room: tell them, once, the way they chose."""
