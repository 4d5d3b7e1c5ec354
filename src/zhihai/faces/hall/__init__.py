"""Face: what residents do for themselves (办事大厅)."""
