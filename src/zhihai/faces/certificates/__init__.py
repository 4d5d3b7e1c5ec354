"""Face: what relying parties fetch of the district's certificate authority, machines without a session."""
