"""Room: who did what to what, when and why; the district's clock."""
