"""Pack: what people ask, and what they complain of (咨询投诉)."""
