"""Floor 3: all that a pack may see. Re-exports, no logic."""
