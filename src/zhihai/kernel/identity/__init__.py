"""Room: who this is, whose it is, and what they may."""
