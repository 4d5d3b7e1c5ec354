"""What is done away from the platform, on a machine of its own: the root of the district's certificate authority."""
