"""Pack: the general application for any service item (通用申请)."""
