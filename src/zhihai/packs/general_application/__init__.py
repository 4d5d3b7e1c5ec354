"""Pack: the general application (通用申请)."""
