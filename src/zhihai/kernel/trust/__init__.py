"""Room: who is vouched for, and to whom."""
