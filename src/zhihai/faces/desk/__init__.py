"""Face: desk."""
