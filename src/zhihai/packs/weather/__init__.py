"""Pack: rain, wind and heat (雨、风、高温)."""
