"""Room: what can be applied for, whose it is, what it takes, and how people find it."""
