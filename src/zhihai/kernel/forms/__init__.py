"""Room forms: what was asked and what was answered, frozen."""
