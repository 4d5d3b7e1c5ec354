"""Disclosure of government information (政府信息公开): publications in versions, and the register of requests."""
