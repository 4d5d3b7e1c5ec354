"""Room: what a device measures, whether it lives and can be trusted."""
