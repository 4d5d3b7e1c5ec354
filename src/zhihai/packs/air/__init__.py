"""Pack: the air-quality network (空气质量自动监测网络)."""
