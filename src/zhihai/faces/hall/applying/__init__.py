"""Pages on which residents fill in a form, send it, and read what they sent."""
